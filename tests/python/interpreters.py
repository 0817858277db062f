"""Three sub-interpreters in three threads, where this CPython has the module for it."""
import threading

try:
    import _xxsubinterpreters as interpreters
except ImportError:
    import _interpreters as interpreters

code = """
class Built:
    def __init__(self): self.v = [1, 2]
keep = [Built() for i in range(2000)]
class Node:
    def __init__(self): self.me = self
    def name(self): return "node"
f = Node().name
f()
del f
nodes = [Node() for i in range(500)]
del nodes
import gc
gc.collect()
"""


def run():
    one = interpreters.create()
    if hasattr(interpreters, "exec"):
        interpreters.exec(one, code)
    else:
        interpreters.run_string(one, code)
    interpreters.destroy(one)


threads = [threading.Thread(target=run) for i in range(3)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print("done")
