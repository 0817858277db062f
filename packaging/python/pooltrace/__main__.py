"""`python -m pooltrace` and the console script: `run` records this interpreter, the rest is the native command."""
import argparse
import glob
import os
import subprocess
import sys
from typing import List, Optional

from ._native import NotInstalled, command, record_arguments

USAGE = """usage: pooltrace run [-o FILE] [--baseline] [--no-report] (SCRIPT | -m MODULE | -c CODE) [ARGS...]

Runs a Python program with this interpreter, records every allocation, and reports what to change."""


def _run_options(arguments: List[str]):
    parser = argparse.ArgumentParser(prog="pooltrace run", usage=USAGE.split("usage: ")[1])
    parser.add_argument("-o", "--output", default="pooltrace.%p.trace")
    parser.add_argument("-b", "--baseline", action="store_true")
    parser.add_argument("-f", "--force", action="store_true")
    parser.add_argument("--no-report", action="store_true")
    parser.add_argument("-m", "--module", action="store_true")
    parser.add_argument("-c", "--code", action="store_true")
    parser.add_argument("program", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    if not options.program:
        parser.error("no script, module or code given")
    return options


def _interpreter_arguments(options) -> List[str]:
    kind = ["-m"] if options.module else ["-c"] if options.code else []
    return [*kind, *options.program]


def _newest(pattern: str, since: float) -> Optional[str]:
    """The largest trace of this run: the program's, beside those of what it started."""
    for letter in "eptnh":
        pattern = pattern.replace(f"%{letter}", "*")
    found = [f for f in glob.glob(pattern) if os.path.getmtime(f) >= since]
    return max(found, key=os.path.getsize, default=None)


def run(arguments: List[str]) -> int:
    """Records a program; returns its exit code."""
    options = _run_options(arguments)
    chosen = [flag for flag, wanted in (("--baseline", options.baseline), ("--force", options.force)) if wanted]
    since = _file_clock()
    code = subprocess.call(record_arguments(options.output, _interpreter_arguments(options), chosen))
    trace = _newest(options.output, since)
    if trace and not options.no_report:
        sys.stdout.flush()
        subprocess.call([command(), "report", trace], stdout=sys.stderr if _is_piped() else None)
    return code


def _is_piped() -> bool:
    """The program's own output goes to a file or a pipe: the report must not be in it."""
    return not sys.stdout.isatty()


def _file_clock() -> float:
    """Now, as the clock of the file system has it (it may be milliseconds behind)."""
    import tempfile

    with tempfile.NamedTemporaryFile(dir=".") as f:
        return os.fstat(f.fileno()).st_mtime


def main() -> int:
    arguments = sys.argv[1:]
    try:
        if arguments[:1] == ["run"]:
            return run(arguments[1:])
        native = command()
    except NotInstalled as problem:
        print(f"pooltrace: {problem}", file=sys.stderr)
        return 1
    os.execv(native, [native, *arguments])


if __name__ == "__main__":
    sys.exit(main())
