"""Class attributes that grow by what others make: an OrderedDict that a class method fills, a deque of instances, a
Counter, and a mutable default argument.

args: 6000
expect: finding kind=class-level-growth title~by_key
expect: finding kind=class-level-growth title~recent
expect: finding kind=class-level-growth title~words
expect: finding kind=default-argument-growth title~remember
expect: only
"""

import collections
import sys


class Register:
    by_key = collections.OrderedDict()
    recent = collections.deque()
    words = collections.Counter()

    @classmethod
    def note(cls, number):
        cls.by_key["%d/%d" % (number, number * 7)] = {"label": "entry %d" % number}


class Entry:
    def __init__(self, number):
        self.number = number
        Register.recent.append(self)


def remember(text, seen=[]):
    seen.append(text)
    return len(seen)


total = 0
for i in range(int(sys.argv[1])):
    Register.note(i)
    Entry("entry-%d" % i)
    Register.words["word-%d" % i] += 1
    total += remember("remembered text of number %d" % i)
print(total)
