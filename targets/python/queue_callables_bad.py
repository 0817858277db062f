"""Work waits as partials, closures and default arguments that hold a whole document each; the queue is local to
main() and empty at the end.

args: 200
expect: finding kind=pinned-by-callable class=Document
expect: only
"""

import collections
import functools
import sys


class Document:
    def __init__(self, number):
        self.number = number
        self.text = bytearray(100_000)


def audit(document):
    return document.number


def later(document):
    return lambda: audit(document)


def main():
    queue = collections.deque()
    for number in range(int(sys.argv[1])):
        document = Document(number)
        queue.append(functools.partial(audit, document) if number % 2 else later(document))
    del document
    total = 0
    while queue:
        total += queue.popleft()()
    print(total)


main()
