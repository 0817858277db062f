"""Static, class and instance methods side by side, each fetched before its call: two kinds bind again each time.

Binding shows as information, with its count; it is no reason to change anything unless the untraced run says
that it costs.

args: 120000
expect: finding kind=bound-methods verdict=info class=Step evidence.objects>=100000
expect: finding kind=bound-methods verdict=info evidence.function~class_scale
expect: no-finding kind=bound-methods verdict=win
expect: only
"""

import sys


class Step:
    def __init__(self):
        self.factor = 2

    @staticmethod
    def static_scale(x):
        return x * 2

    @classmethod
    def class_scale(cls, x):
        return x * 2

    def scale(self, x):
        return x * self.factor


step = Step()
total = 0
for i in range(int(sys.argv[1])):
    static, cls, bound = step.static_scale, step.class_scale, step.scale
    total += static(i) + cls(i) + bound(i)
print(total)
