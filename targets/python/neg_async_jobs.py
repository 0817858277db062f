"""A light object for each message; the work is in what handles it, the same for each.

expect: none
"""

import asyncio
import json

DOCUMENT = json.dumps({"f%d" % i: [i, i * 3, "m%d" % (i % 5)] for i in range(900)})


class Task:
    def __init__(self, number):
        self.number = number

    async def run(self):
        await asyncio.sleep(0)
        found = json.loads(DOCUMENT)
        return max(len(found["f%d" % (self.number % 900)]), 1)


async def handle(number):
    task = Task(number)
    return await task.run()


async def main():
    total = 0
    for number in range(120):
        total += await handle(number)
    print(total)


asyncio.run(main())
