"""Allocates at marked places in all kinds of frames, and writes down the stacks that it has itself.

usage: stacks.py EXPECTED

Each probe allocates a bytearray of a size that belongs to its stack alone; expected are, for each
stack (function, file, line from the leaf to the root), that size and how many.  As Python writes it, for
importing json would make more stacks than all the rest.
"""
import sys
import threading

expected = {}
lock = threading.Lock()
sizes = {}


def probe():
    frame = sys._getframe(1)
    stack = []
    while frame:
        code = frame.f_code
        stack.append((getattr(code, "co_qualname", code.co_name), code.co_filename, frame.f_lineno))
        frame = frame.f_back
    key = tuple(stack)
    with lock:
        size = sizes.setdefault(key, 100003 + 16 * len(sizes))
        expected[key] = expected.get(key, 0) + 1
    return size


def plain():
    return bytearray(probe())


def deep(n):
    return deep(n - 1) if n else bytearray(probe())


def generator():
    for _ in range(2):
        yield bytearray(probe())


def delegating():
    yield from generator()


async def inner():
    return bytearray(probe())


async def outer():
    return await inner()


def decorated(function):
    def wrapper(*arguments):
        return function(*arguments)
    return wrapper


@decorated
def with_decorator(x):
    return bytearray(probe())


class Body:
    made_in_class_body = bytearray(probe())

    def __init__(self):
        self.buffer = bytearray(probe())

    @classmethod
    def make(cls):
        return cls()

    @staticmethod
    def still():
        return bytearray(probe())

    @property
    def lazily(self):
        return bytearray(probe())

    def __enter__(self):
        return bytearray(probe())

    def __exit__(self, *_):
        bytearray(probe())

    def __lt__(self, other):
        bytearray(probe())
        return False

    class Nested:
        def method(self):
            return [bytearray(probe()) for _ in range(2)]


def raising():
    try:
        raise ValueError(bytearray(probe()))
    except ValueError:
        return bytearray(probe())
    finally:
        bytearray(probe())


def everything():
    plain()
    deep(40)
    list(generator())
    list(delegating())
    try:
        outer().send(None)
    except StopIteration:
        pass
    with_decorator(1)
    Body.make()
    Body.still()
    Body().lazily
    with Body():
        bytearray(probe())
    sorted([Body(), Body()])
    Body.Nested().method()
    raising()
    sorted([3, 1], key=lambda x: len(bytearray(probe())) * x)
    list(map(lambda x: bytearray(probe()), range(2)))
    {k: bytearray(probe()) for k in "ab"}
    {len(bytearray(probe())) for k in "ab"}
    sum(len(bytearray(probe())) for k in "ab")
    eval("bytearray(probe())")
    exec("def f():\n    x = 1\n    return bytearray(probe())\nf()", {"probe": probe})
    exec(compile("\n\nbytearray(probe())", "some file.py", "exec"), {"probe": probe})
    for i in range(50):  # code objects that die, whose addresses are used again
        exec(compile("\n" * i + "def f%d():\n  return bytearray(probe())\nf%d()" % (i, i), "made-%d" % i, "exec"),
             {"probe": probe})
    function_with_ünïcode_näme()


def function_with_ünïcode_näme():
    return bytearray(probe())


everything()
threads = [threading.Thread(target=everything) for _ in range(8)]
for t in threads:
    t.start()
for t in threads:
    t.join()
with open(sys.argv[1], "w") as out:
    out.write(ascii([[list(map(list, stack)), sizes[stack], n] for stack, n in expected.items()]))
