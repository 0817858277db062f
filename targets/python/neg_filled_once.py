"""A world that its constructor fills, and a catalogue that one call loads: both are only read after that.

args: 12000
expect: none
"""

import sys

n = int(sys.argv[1])


class Body:
    __slots__ = ("place", "speed")

    def __init__(self, place, speed):
        self.place, self.speed = place, speed


class World:
    def __init__(self):
        self.bodies = [Body([i % 97, i % 89], i % 7) for i in range(n)]

    def step(self):
        for body in self.bodies:
            body.place[0] = (body.place[0] + body.speed) % 97


class Catalogue:
    def __init__(self):
        self.entries = []

    def load(self):
        for i in range(n):
            self.entries.append(("entry %d" % i, [i]))

    def find(self, number):
        return sum(1 for name, _ in self.entries if len(name) == number)


world, catalogue = World(), Catalogue()
catalogue.load()
for i in range(60):
    world.step()
found = sum(catalogue.find(8 + i % 4) for i in range(250))
print(sum(b.place[0] for b in world.bodies), found)
