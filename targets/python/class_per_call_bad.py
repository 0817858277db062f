"""A class statement in a function that is called for each element: three thousand classes where one would do.

args: 3000
expect: finding kind=class-per-call verdict=win function=unknown evidence.classes_made>=2900
expect: only
"""

import sys


class Element:
    __slots__ = ("text",)


def unknown(tag):
    class Unknown(Element):
        __slots__ = ()
        name = tag

    found = Unknown()
    found.text = tag
    return found


parsed = [unknown("tag%d" % (i % 7)) for i in range(int(sys.argv[1]))]
print(len(parsed), len({p.name for p in parsed}))
