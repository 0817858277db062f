"""lru_cache on a module function whose argument is a small value object: the keys are meant to be kept.

args: 20000
expect: none
"""

import collections
import functools
import sys

Size = collections.namedtuple("Size", "width height")


@functools.lru_cache(maxsize=128)
def area(size):
    return size.width * size.height


print(sum(area(Size(i % 10, i % 12)) for i in range(int(sys.argv[1]))))
