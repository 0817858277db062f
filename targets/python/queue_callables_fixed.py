"""The same work holds the number that it needs.

args: 200
expect: none
"""

import collections
import functools
import sys


class Document:
    def __init__(self, number):
        self.number = number
        self.text = bytearray(100_000)


def audit(number):
    return number


def main():
    queue = collections.deque()
    for number in range(int(sys.argv[1])):
        queue.append(functools.partial(audit, Document(number).number))
    total = 0
    while queue:
        total += queue.popleft()()
    print(total)


main()
