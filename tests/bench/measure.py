"""What the measurements share: where things are, how one run is made and what it cost."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import rivals

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = os.path.join(ROOT, "tests", "bench")
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
OUT = os.path.join(BUILD, "bench")
PYTHON = shutil.which("python3", path="/usr/bin:/bin") or sys.executable


def compile_all():
    os.makedirs(OUT, exist_ok=True)
    flags = ["-O2", "-g", "-fno-optimize-sibling-calls"]
    build = {
        "stacks": ["gcc", *flags, "stacks.c"],
        "threads": ["gcc", *flags, "-pthread", "threads.c"],
        "containers": ["g++", *flags, "containers.cc"],
        "noop.so": ["gcc", "-O2", "-fPIC", "-shared", "-fno-builtin", "noop.c"],
        "wait.so": ["gcc", "-O2", "-fPIC", "-shared", "-fno-builtin", "-DWAIT", "noop.c"],
    }
    for name, command in build.items():
        subprocess.run([*command, "-o", os.path.join(OUT, name)], cwd=BENCH, check=True)
    with open(os.path.join(OUT, "headers.ii"), "w") as out:
        subprocess.run(["g++", "-E", os.path.join(BENCH, "headers.cc")], stdout=out, check=True)


def ours(directory, **more):
    return {
        "LD_PRELOAD": os.path.join(BUILD, "libpooltrace.so"),
        "POOLTRACE_OUT": os.path.join(directory, "ours.trace"),
        **more,
    }


def variants(directory):
    """Name -> environment of the run."""
    return {
        "plain": {},
        "no-op": {"LD_PRELOAD": os.path.join(OUT, "noop.so")},
        "waits": {"LD_PRELOAD": os.path.join(OUT, "wait.so")},
        "ours": ours(directory),
        **rivals.native(directory),
    }


def run_once(command, environment, directory, driver=None):
    """CPU seconds and peak resident bytes of one run; `driver`: what makes it work and ends it."""
    for name in os.listdir(directory):
        os.unlink(os.path.join(directory, name))
    child = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, cwd=directory)
    if driver:
        driver()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    if status != 0:
        raise SystemExit("bench: %s failed with %s" % (command, environment))
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def events_and_bytes(directory):
    """Of the trace that the last run left behind."""
    path = os.path.join(directory, "ours.trace")
    text = subprocess.run([os.path.join(BUILD, "pooltrace"), "info", path], capture_output=True, text=True).stdout
    match = re.search(r"events\s+([\d ]+?) \(", text)
    events = int(match.group(1).replace(" ", "")) if match else 0
    match = re.search(r"([\d.]+) bytes per event", text)
    return events, float(match.group(1)) if match else 0.0


def measure(runs_in, rounds, driver=None):
    """CPU and peak memory of each variant, by rounds, and the trace's events.  runs_in(directory): name of
    a variant -> (command, environment); they take turns."""
    with tempfile.TemporaryDirectory() as directory:
        cpu, rss, events = {}, {}, (0, 0.0)
        for i in range(rounds):
            for name, (command, environment) in runs_in(directory).items():
                if not rivals.runs_in_round(name, i):
                    continue
                seconds, peak = run_once(command, environment, directory, driver)
                cpu.setdefault(name, []).append(seconds)
                rss.setdefault(name, []).append(peak)
                if name == "ours":
                    events = events_and_bytes(directory)
    return cpu, rss, events
