"""A channel whose __aenter__() shakes hands, for each message.

expect: finding kind=pool class=Channel evidence.set_up_in=__aenter__
expect: only
"""

import asyncio
import json

HELLO = json.dumps({"caps": ["c%d" % i for i in range(600)], "options": {str(i): i for i in range(800)}})


class Channel:
    def __init__(self, host):
        self.host = host
        self.caps = None

    async def __aenter__(self):
        await asyncio.sleep(0)
        self.caps = json.loads(HELLO)
        return self

    async def __aexit__(self, *error):
        self.caps = None

    async def send(self, message):
        await asyncio.sleep(0)
        return len(self.caps) + message


async def handle(message):
    async with Channel("host%d" % (message % 2)) as channel:
        return await channel.send(message)


async def main():
    total = 0
    for message in range(120):
        total += await handle(message)
    print(total)


asyncio.run(main())
