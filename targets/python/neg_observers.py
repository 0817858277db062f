"""Bound methods of small observers in a list of callbacks: kept on purpose, and nothing much hangs on them.

args: 2000
expect: none
"""

import sys


class Observer:
    def __init__(self, number):
        self.number = number
        self.n_seen = 0

    def notify(self, value):
        self.n_seen += value
        return self.n_seen


callbacks = [Observer(i).notify for i in range(20)]
total = 0
for i in range(int(sys.argv[1])):
    for callback in callbacks:
        total += callback(i % 5)
print(total)
