"""A deque of failed jobs keeps their exceptions, and so the packet of each.

expect: finding kind=pinned-by-traceback title~"worker: 100 exceptions" evidence.held_bytes<=7000000 evidence.keepers=100
expect: only
"""

import collections


class Worker:
    def __init__(self):
        self.failed = collections.deque()

    def parse(self, number):
        packet = bytearray(60_000)
        packet[number % 50] = 1
        return packet[0] // (number % 3)

    def run(self, number):
        try:
            return self.parse(number)
        except ZeroDivisionError as error:
            self.failed.append((number, error))
            return 0


worker = Worker()
print(sum(worker.run(number) for number in range(300)), len(worker.failed))
