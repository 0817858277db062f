"""ended.py N: sub-interpreters, created, filled and ended one after the other."""
import sys

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

run = getattr(interpreters, "exec", None) or interpreters.run_string
for i in range(int(sys.argv[1])):
    one = interpreters.create()
    run(one, "keep = [[i] for i in range(5000)]")
    interpreters.destroy(one)
print("ended", sys.argv[1])
