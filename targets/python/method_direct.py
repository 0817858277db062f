"""The calls of method_churn.py made directly: no bound method is made, and none may be claimed.

(Class methods are left out: some versions bind them even then.)

args: 100000
expect: none
"""

import sys


class Step:
    def __init__(self):
        self.factor = 2

    @staticmethod
    def static_scale(x):
        return x * 2

    def scale(self, x):
        return x * self.factor


step = Step()
total = 0
for i in range(int(sys.argv[1])):
    total += step.static_scale(i) + step.scale(i)
print(total)
