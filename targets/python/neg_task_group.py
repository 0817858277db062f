"""Tasks whose results are gathered: they are at work, nothing is left behind.

expect: none
"""

import asyncio


async def get(number):
    await asyncio.sleep(0)
    return bytearray(40_000 + number)


async def main():
    tasks = [asyncio.ensure_future(get(number)) for number in range(150)]
    print(sum(len(result) for result in await asyncio.gather(*tasks)))


asyncio.run(main())
