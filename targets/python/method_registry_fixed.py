"""The registry of method_registry_bad.py with static functions only.

The arguments: MiB of the vocabulary, MiB of the work that comes after.

args: 8 0
expect: none
"""

import sys

from shared.methods import collect


class Preprocessor:
    def __init__(self, mib):
        self.vocabulary = bytearray(mib << 20)

    @staticmethod
    def to_lower(text):
        return text.lower()

    @staticmethod
    def to_words(text):
        return text.split()

    @classmethod
    def describe(cls, text):
        return cls.__name__ + text

    def lookup(self, text):
        return len(self.vocabulary) + len(text)


TASKS = {}


def register(mib):
    for task in collect(Preprocessor(mib), kinds=("static",)):
        TASKS[task.__name__] = task


register(int(sys.argv[1]))
work = bytearray(int(sys.argv[2]) << 20)
print(sorted(TASKS), TASKS["to_words"]("a b c"))
