"""A fetcher keeps its finished tasks in a set, and so their results; asyncio.run() ends with all of them gone.

expect: finding kind=pinned-by-task title~"finished tasks"
expect: only
"""

import asyncio


class Fetcher:
    def __init__(self):
        self.tasks = set()

    async def get(self, number):
        await asyncio.sleep(0)
        return bytearray(40_000 + number)

    async def fetch(self, number):
        task = asyncio.ensure_future(self.get(number))
        self.tasks.add(task)
        return len(await task)


async def main():
    fetcher = Fetcher()
    total = 0
    for number in range(150):
        total += await fetcher.fetch(number)
    print(total, len(fetcher.tasks))


asyncio.run(main())
