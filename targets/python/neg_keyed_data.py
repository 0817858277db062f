"""A network and its paths, in dictionaries keyed by stations: the program's data, though named like a cache.

args: 1500
expect: none
"""

import sys


class Station:
    def __init__(self, number):
        self.number = number
        self.timetable = ["%d:%02d" % (h, number % 60) for h in range(24)]


class Network:
    def __init__(self):
        self.neighbour_cache = {}

    def connect(self, a, b):
        self.neighbour_cache.setdefault(a, []).append(b)
        self.neighbour_cache.setdefault(b, []).append(a)

    def reachable(self, start):
        seen, todo = {start}, [start]
        while todo:
            for station in self.neighbour_cache[todo.pop()]:
                if station not in seen:
                    seen.add(station)
                    todo.append(station)
        return len(seen)


def build(n):
    network, stations = Network(), [Station(i) for i in range(n)]
    for i in range(1, n):
        network.connect(stations[i], stations[i * 7 // 11])
    return network, stations[0]


network, first = build(int(sys.argv[1]))
print(sum(network.reachable(first) for _ in range(20)))
