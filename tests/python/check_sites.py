"""Checks the stacks of all sites of a report in JSON schema 2.

check_sites.py REPORT equal EXPECTED             Python frames are those that stacks.py saw itself; nothing
                                                 noted, lost or unmatched
check_sites.py REPORT native BYTES N             N blocks of so many bytes, no Python frame anywhere
check_sites.py REPORT equally N NAME...          these functions have allocated as often, each N times at least
check_sites.py REPORT interleaved BYTES NAME...  Python functions from the leaf, C functions below the
                                                 first, between the first two, and above the last
check_sites.py REPORT below MODULE NAME          all that the module allocates is below this function
"""
import ast
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "helpers"))
import report2

report = json.load(open(sys.argv[1]))
sites = report2.sites(report)


def is_python(frame):
    return frame["language"] == "python"


def healthy():
    health = report["health"]
    # These runs have no census, and the report says so.
    notes = [x for x in health["notes"] if not x.startswith("the interpreter was not looked at")]
    assert not notes, notes
    for key in ("unmatched_frees", "lost_events", "double_allocs"):
        assert not health[key], (key, health)


def equal(path):
    healthy()
    expected = ast.literal_eval(open(path).read())
    recorded = {}
    for site in sites:
        stack = tuple((f["function"], f["file"], f["line"]) for f in site["frames"] if is_python(f))
        recorded.setdefault(stack, []).append(site["allocated_bytes"])
    wrong = []
    for stack, size, n in expected:
        stack = tuple(map(tuple, stack))
        # A bytearray asks for one byte more than it holds; what else has the same stack is small.
        # Several sites: native frames differ.
        seen = sum(n_bytes // (size + 1) for n_bytes in recorded.get(stack, ()))
        if seen != n:
            wrong.append((stack, size, n, seen))
    for stack, size, n, seen in wrong[:5]:
        print("%d of %d blocks of %d bytes recorded for" % (seen, n, size))
        for frame in stack:
            print("    %s  %s:%d" % frame)
    print("%d of %d stacks equal" % (len(expected) - len(wrong), len(expected)))
    assert not wrong and len(expected) > 150


def of_size(n_bytes):
    found = [s for s in sites if s["allocated_bytes"] == s["allocs"] * int(n_bytes)]
    assert found, "no site of blocks of %s bytes" % n_bytes
    return found


def native(n_bytes, n):
    assert sum(s["allocs"] for s in of_size(n_bytes)) == int(n)
    assert not any(is_python(f) for s in sites for f in s["frames"])


def equally(n, *names):
    allocs = dict.fromkeys(names, 0)
    for site in sites:
        leaf = next((f["function"] for f in site["frames"] if is_python(f)), None)
        if leaf in allocs:
            allocs[leaf] += site["allocs"]
    # 3.14 makes something more the first time.
    assert max(allocs.values()) - 1 <= min(allocs.values()) >= int(n), allocs


def interleaved(n_bytes, *names):
    for site in of_size(n_bytes):
        frames = site["frames"]
        at = [i for i, f in enumerate(frames) if is_python(f)]
        assert [frames[i]["function"] for i in at] == list(names), frames
        assert at[0] > 0 and at[1] - at[0] > 1 and at[-1] < len(frames) - 1, frames


def below(module, name):
    found = [s for s in sites if module in s["frames"][0]["module"]]
    # Loading the library allocates too, from the main thread.
    found = [s for s in found if any(f["function"] == name for f in s["frames"])
             or not any("import" in f["file"] or f["function"] == "<module>" for f in s["frames"] if is_python(f))]
    lost = [s for s in found if not any(f["function"] == name for f in s["frames"])]
    allocs, without = sum(s["allocs"] for s in found), sum(s["allocs"] for s in lost)
    assert allocs > 1000, allocs
    assert not without, (without, allocs, lost[0]["frames"])


globals()[sys.argv[2]](*sys.argv[3:])
