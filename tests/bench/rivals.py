"""Other profilers, where they are installed: how a program runs under each.

Those that bring an allocator of their own are compared with the same allocator when it profiles
nothing (OVER), so that what is measured is the profiling.  It takes them microseconds an event: one round
of them is enough.
"""
import functools
import glob
import os
import subprocess
import tempfile

OVER = {"jemalloc": "jemalloc alone", "gperftools": "tcmalloc alone"}
INSTALL = {"heaptrack": "heaptrack", "jemalloc": "libjemalloc2, built with prof",
           "gperftools": "libgoogle-perftools4", "memray": "memray"}


def library(pattern):
    return next(iter(sorted(glob.glob("/usr/lib/" + pattern) + glob.glob("/usr/lib/*/" + pattern))), None)


def jemalloc_environment(path, directory):
    """Each allocation with its stack, not a sample; the profile is written at the end."""
    return {"LD_PRELOAD": path, "MALLOC_CONF": "prof:true,lg_prof_sample:0,prof_final:true,prof_prefix:%s/jemalloc" %
            directory}


@functools.lru_cache(None)
def jemalloc():
    """The library, if it was built with its profiler: then it writes a profile."""
    path = library("libjemalloc.so.2")
    with tempfile.TemporaryDirectory() as directory:
        if path:
            subprocess.run(["/bin/true"], env=jemalloc_environment(path, directory), stderr=subprocess.DEVNULL)
        return path if os.listdir(directory) else None


def native(directory):
    """Name -> environment of the run."""
    result = {}
    if heaptrack := library("heaptrack/libheaptrack_preload.so"):
        result["heaptrack"] = {"LD_PRELOAD": heaptrack,
                               "DUMP_HEAPTRACK_OUTPUT": os.path.join(directory, "heaptrack.raw")}
    if jemalloc():
        result["jemalloc alone"] = {"LD_PRELOAD": jemalloc()}
        result["jemalloc"] = jemalloc_environment(jemalloc(), directory)
    if tcmalloc := library("libtcmalloc.so.4"):
        result["tcmalloc alone"] = {"LD_PRELOAD": tcmalloc}
        result["gperftools"] = {"LD_PRELOAD": tcmalloc, "HEAPPROFILE": os.path.join(directory, "gperftools")}
    return result


@functools.lru_cache(None)
def has_memray(python):
    return subprocess.run([python, "-c", "import memray"], capture_output=True).returncode == 0


# As `memray run` does, without loading what draws its reports: that takes 0.4 s.
MEMRAY = """import memray, runpy, sys
with memray.Tracker(sys.argv[1], trace_python_allocators="objects" in sys.argv, native_traces="native" in sys.argv):
    runpy.run_path(sys.argv[2], run_name="__main__")"""


def of_python(python, script, directory):
    """Name -> (command, environment)."""
    plain = [python, script]
    result = {"tracemalloc 1": (plain, {"PYTHONTRACEMALLOC": "1"}),
              "tracemalloc 25": (plain, {"PYTHONTRACEMALLOC": "25"})}
    for words in ["memray", "memray objects", "memray objects native"] if has_memray(python) else []:
        out = os.path.join(directory, "memray.bin")
        result[words] = ([python, "-c", MEMRAY, out, script, *words.split()], {})
    return result


def runs_in_round(name, i):
    """The others take much longer than what they are compared with, and need no seven rounds for that."""
    rounds = 1 if name in {*OVER, *OVER.values()} else 2 if name.startswith(("tracemalloc", "memray")) else i + 1
    return i < rounds


def missing(found):
    """What is not installed, in words; `found`: names of those that ran."""
    return ["%s (%s)" % (name, package) for name, package in INSTALL.items() if name not in found]
