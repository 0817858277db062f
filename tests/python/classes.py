"""Builds objects of eight classes, kept and dropped, and says how many: usage: classes.py N OUT.json"""
import json
import sys

n = int(sys.argv[1])


class Plain:
    def __init__(self, i):
        self.a, self.b, self.c = i, i + 0.5, str(i)


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, i):
        self.a, self.b = i, None


class AList(list):
    pass


class ADict(dict):
    pass


class AnError(Exception):
    pass


class AnInt(int):
    pass


class Meta(type):
    pass


class WithMeta(metaclass=Meta):
    pass


class Lying:
    """Its instances hold types where other objects have their header."""

    __slots__ = ("x0", "x1", "x2", "x3", "x4")

    def __init__(self):
        self.x0 = self.x1 = self.x2 = self.x3 = self.x4 = Plain


kept = []
beside = []
counts = {}


def build(cls, make, times):
    for i in range(times):
        one = make(i)
        if i % 2:
            kept.append(one)
    counts[cls.__name__] = counts.get(cls.__name__, 0) + times


build(Plain, Plain, n)
build(Slotted, Slotted, n)
build(AList, lambda i: AList((i, i)), n)
build(ADict, lambda i: ADict(a=i), n)
build(AnError, lambda i: AnError(i), n)
build(AnInt, lambda i: AnInt(i + 1000), n)
build(WithMeta, lambda i: WithMeta(), n)
build(Lying, lambda i: Lying(), n)
for i in range(30):
    kept.append((Plain, Slotted, AList, [Plain] * i, {Plain: Slotted, i: AList}))
build(Plain, lambda i: (Plain.__new__(Plain), beside.append((Plain,)))[0], n)
build(Meta, lambda i: Meta("Made%d" % i, (), {}), max(1, n // 100))
counts["Meta"] += 1  # WithMeta
with open(sys.argv[2], "w") as out:
    json.dump({"built": counts}, out)
