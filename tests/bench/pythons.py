"""The table of what recording Python programs costs, beside tracemalloc and memray."""
import os
import subprocess

import rivals
from measure import BENCH, PYTHON, measure, ours

# How our stacks are taken -> the bar: CPU over the plain run's.
STACKS = {"python": 2.0, "mixed": 2.5, "merged": 2.5}
RIVALS = ["tracemalloc 1", "tracemalloc 25", "memray", "memray objects", "memray objects native"]

HEADER = "| workload | CPython | plain CPU | %s | %s |\n|%s" % (
    " | ".join("ours, " + s for s in STACKS), " | ".join(RIVALS), "---|" * (3 + len(STACKS) + len(RIVALS)))

TEXT = """## Python programs

Traced CPU over plain CPU, the least of %d rounds of each (of two of the other tools), or the CPU added to an interpreter that starts and ends.
"ours" by `POOLTRACE_STACKS`, `mixed` is the default: everything is recorded, with classes. tracemalloc keeps 1 or 25
frames and writes nothing. "memray" sees what goes to `malloc` directly, "objects" is `--trace-python-allocators`,
"native" `--native`, without what `memray run` loads for its reports. -: not installed for that interpreter.
"""


def workloads():
    """Name -> script."""
    return {"CPython objects": os.path.join(BENCH, "objects.py"),
            "CPython services": os.path.join(BENCH, "service.py"),
            "CPython start-up": os.devnull}


def interpreters():
    """Version -> path: the system's, and those of POOLTRACE_TEST_PYTHONS, of a version the last."""
    paths = [PYTHON, *os.environ.get("POOLTRACE_TEST_PYTHONS", "").replace(":", " ").split()]
    show = "import platform; print(platform.python_version())"
    return {subprocess.run([path, "-c", show], capture_output=True, text=True, check=True).stdout.strip(): path
            for path in paths}


def runs(python, script, directory):
    plain = [python, script]
    return {"plain": (plain, {}),
            **{"ours, " + s: (plain, ours(directory, POOLTRACE_STACKS=s)) for s in STACKS},
            **rivals.of_python(python, script, directory)}


def cell(cpu, name, is_start):
    if name not in cpu:
        return "-"
    plain, traced = min(cpu["plain"]), min(cpu[name])
    if is_start:
        return "+%.0f ms" % ((traced - plain) * 1e3)
    bar = STACKS.get(name.replace("ours, ", ""))
    verdict = " (%.1fx %s)" % (bar, "holds" if traced <= bar * plain else "missed") if bar else ""
    return "%.2fx%s" % (traced / plain, verdict)


def rounds_of(native_rounds):
    """The least of some runs needs fewer than their median."""
    return (native_rounds + 1) // 2


def rows(rounds, wanted):
    """Yields rows of the table."""
    for name, script in workloads().items():
        if not wanted(name):
            continue
        for version, python in interpreters().items():
            cpu, _, _ = measure(lambda directory: runs(python, script, directory), rounds)
            cells = [cell(cpu, v, name.endswith("start-up")) for v in ["ours, " + s for s in STACKS] + RIVALS]
            yield "| " + " | ".join([name, version, "%.2f s" % min(cpu["plain"]), *cells]) + " |"
