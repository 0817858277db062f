"""Actors of a simulation go round a queue of events by their bound methods.

expect: none
"""

import heapq
import itertools

TICK = itertools.count()
QUEUE = []


class Actor:
    def __init__(self, number):
        self.number = number
        self.state = bytearray(20_000)

    def step(self, now):
        heapq.heappush(QUEUE, (now + 1 + self.number % 3, next(TICK), self.step))


for number in range(60):
    heapq.heappush(QUEUE, (number % 5, next(TICK), Actor(number).step))
for _ in range(5000):
    now, _, step = heapq.heappop(QUEUE)
    step(now)
print(len(QUEUE))
