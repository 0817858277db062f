"""Requests parsed one after the other: costly to build, one at a time, and each is built from its own text.

A pool would save nothing: the work is in the parsing, not in the object.

args: 1500
expect: none
expect: class name=Request built=1500 peak_live<=2
"""

import random
import sys


class Request:
    def __init__(self, text):
        head, _, self.body = text.partition("\n\n")
        first, *lines = head.split("\n")
        self.method, self.path = first.split(" ")
        self.headers = dict(line.split(": ") for line in lines)
        self.query = dict(pair.split("=") for pair in self.path.partition("?")[2].split("&"))
        self.words = self.body.split()


def requests(n):
    rng = random.Random(7)
    for _ in range(n):
        path = "/item/%s?q=%s&page=3" % ("x" * rng.randrange(40), "word" * rng.randrange(12))
        lines = ["H%d: %s" % (k, "v" * rng.randrange(30)) for k in range(20 + rng.randrange(8))]
        yield "GET %s\n%s\n\n%s" % (path, "\n".join(lines), "word " * rng.randrange(80))


total = 0
for text in requests(int(sys.argv[1])):
    request = Request(text)
    total += len(request.query) + len(request.headers) + len(request.words)
print(total)
