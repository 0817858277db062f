"""Makes and drops N objects of each of some types of the interpreter, one at a time, in their plainest form."""

import contextvars
import sys

N = int(sys.argv[1])


class Thing:
    def method(self):
        pass


thing, items, pair, word = Thing(), [1], (1, 2), "word"


def nothing():
    pass


def made():
    """Name of the type and what makes one: a function of a number, whose result is dropped."""
    return {
        "float": lambda i: i * 1.5,
        "complex": lambda i: i * 1j,
        "int": lambda i: i + 100000,
        "str": lambda i: word + word,
        "bytes": lambda i: bytes(9),
        "bytearray": lambda i: bytearray(9),
        "tuple": lambda i: (i, i),
        "list": lambda i: [i],
        "dict": lambda i: {"a": i},
        "set": lambda i: {i},
        "slice": lambda i: slice(i),
        "range": lambda i: range(i),
        "list_iterator": lambda i: iter(items),
        "tuple_iterator": lambda i: iter(pair),
        "range_iterator": lambda i: iter(range(i)),
        "method": lambda i: thing.method,
        "builtin_function_or_method": lambda i: items.append,
        "generator": lambda i: (x for x in items),
        "function": lambda i: lambda: i,
        "frame": lambda i: nothing(),
        "Context": lambda i: contextvars.copy_context(),
        "object": lambda i: object(),
    }


for make in made().values():
    for number in range(N):
        make(number)
