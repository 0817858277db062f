"""Instances whose lives are known to the last one: 40 kept, 60 dropped at once, 50 left to the collector, 2 threads.

lives.py [leave]: by os._exit(), so that those kept stay
"""

import gc
import os
import sys
import threading


class Kept:
    def __init__(self, n):
        self.n = n
        self.rows = [n, n, n]

    def fill(self):
        self.more = bytearray(1000)


class Dropped:
    def __init__(self):
        self.one = 1


class Cyclic:
    def __init__(self):
        self.me = self


def build():
    global kept
    kept = kept + [Kept(i + 1000) for i in range(20)]


gc.disable()
kept = []
for target in (build, build):
    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
for instance in kept:
    instance.fill()
for _ in range(60):
    Dropped()
for _ in range(50):
    Cyclic()
gc.collect()
if sys.argv[1:]:
    os._exit(0)
