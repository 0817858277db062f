"""Bytes of an instance with N attributes, without and with slots, as tracemalloc sees them.

    instance_bytes.py N COUNT

An outside measure of what the slots detector computes: the values are shared, so that only the
instances count.
"""

import gc
import sys
import tracemalloc

n_attributes, n_instances = int(sys.argv[1]), int(sys.argv[2])
NAMES = ["attr_%d" % i for i in range(n_attributes)]


class Plain:
    def __init__(self):
        for name in NAMES:
            setattr(self, name, None)


class Slotted:
    __slots__ = tuple(NAMES)
    __init__ = Plain.__init__


def measure(cls):
    warm = [cls() for _ in range(100)]
    kept = [None] * n_instances
    gc.collect()
    tracemalloc.start()
    for i in range(n_instances):
        kept[i] = cls()
    n_bytes = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del warm
    return n_bytes / n_instances


print(round(measure(Plain)), round(measure(Slotted)))
