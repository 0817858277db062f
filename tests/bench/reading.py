#!/usr/bin/env python3
"""What reading costs: tests/bench/reading.py [--rounds N] [--events N].

Records lives.c (random sizes and lives, 100,000 blocks live, 16 stacks) with pooltrace and, if it is installed,
with heaptrack, then lets both readers take turns.  Printed: CPU (user + system) per event and peak resident
memory, medians over the rounds.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from measure import BENCH, BUILD

TEXT = """
## Reading

CPU (user + system) of a reader per event of the trace and its peak memory, median of %d rounds in which the readers take
turns; each reads its own recording of the same program (`tests/bench/lives.c`: %.0f M events, random sizes and lives,
100,000 blocks live, 16 stacks). `tests/bench/reading.py` prints this table alone.
"""

HEADER = """| reader | CPU, ns/event | peak MiB |
|---|---|---|"""


def cost(command):
    """CPU seconds and peak resident bytes of a command that must succeed."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit("failed: %s" % " ".join(command))
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def readers(directory, events):
    """Name -> command that reads its own recording of one program."""
    program = os.path.join(directory, "lives")
    subprocess.run(["gcc", "-O2", "-g", "-fno-optimize-sibling-calls", os.path.join(BENCH, "lives.c"), "-o", program],
                   check=True)
    command = [program, str(events), "100000", "16"]
    pooltrace = os.path.join(BUILD, "pooltrace")
    trace = os.path.join(directory, "lives.trace")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([pooltrace, "record", "-o", trace, *command], check=True, **quiet)
    found = {
        "pooltrace info": [pooltrace, "info", trace],
        "pooltrace report --no-replay --only leak": [pooltrace, "report", "--no-replay", "--only", "leak", trace],
        "pooltrace report --no-replay": [pooltrace, "report", "--no-replay", trace],
    }
    if shutil.which("heaptrack"):
        recorded = os.path.join(directory, "lives.heaptrack")
        subprocess.run(["heaptrack", "-o", recorded, *command], check=True, **quiet)
        files = [name for name in os.listdir(directory) if name.startswith("lives.heaptrack")]
        found["heaptrack_print -f"] = ["heaptrack_print", "-f", os.path.join(directory, files[0])]
    return found


def rows(rounds, events):
    with tempfile.TemporaryDirectory() as directory:
        commands = readers(directory, events)
        runs = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                runs[name].append(cost(command))
    for name, results in runs.items():
        cpu, rss = (statistics.median(column) for column in zip(*results))
        yield "| `%s` | %.0f | %.0f |" % (name, cpu / events * 1e9, rss / 1048576)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=20000000)
    options = parser.parse_args()
    print(HEADER)
    for row in rows(options.rounds, options.events):
        print(row, flush=True)


if __name__ == "__main__":
    main()
