"""The tasks of slots_pickle_bad.py with slots and a state of their own, which every protocol takes.

args: 60000
expect: none
"""

import pickle
import sys


class Task:
    __slots__ = ("number", "name", "priority", "payload")

    def __init__(self, number):
        self.number = number % 100
        self.name = "task"
        self.priority = 1
        self.payload = None

    def __getstate__(self):
        return tuple(getattr(self, name) for name in self.__slots__)

    def __setstate__(self, state):
        for name, value in zip(self.__slots__, state):
            setattr(self, name, value)


tasks = [Task(i) for i in range(int(sys.argv[1]))]
copies = pickle.loads(pickle.dumps(tasks[:100], protocol=2))
print(sum(t.number for t in tasks), sum(c.number for c in copies))
