"""Where the native programs are: inside the wheel, or on the PATH."""
import os
import shutil
from pathlib import Path
from typing import List


class NotInstalled(RuntimeError):
    """There is no `pooltrace` program."""


def command() -> str:
    """Path of the `pooltrace` program; `POOLTRACE_COMMAND` names another."""
    chosen = os.environ.get("POOLTRACE_COMMAND")
    if chosen:
        return chosen
    bundled = Path(__file__).parent / "_native" / "bin" / "pooltrace"
    if bundled.exists():
        return str(bundled)
    found = shutil.which("pooltrace")
    if not found or _is_python_script(found):
        raise NotInstalled("no 'pooltrace' program: install the wheel, or set POOLTRACE_COMMAND")
    return found


def _is_python_script(path: str) -> bool:
    """The console script of this package is called pooltrace, too."""
    with open(path, "rb") as f:
        return f.read(2) == b"#!"


def record_arguments(output: str, python_arguments: List[str], options: List[str]) -> List[str]:
    """The command line that records this interpreter with the given arguments."""
    import sys

    flags = [f"-{name}" for name in _flags_of(sys.flags)]
    return [command(), "record", *options, "-o", output, "--", sys.executable, *flags, *python_arguments]


def _flags_of(flags) -> List[str]:
    """Interpreter options that the traced interpreter must have, too."""
    names = []
    if flags.isolated:
        names.append("I")
    elif flags.no_user_site:
        names.append("s")
    if flags.dev_mode:
        names.append("Xdev")
    if flags.utf8_mode and "PYTHONUTF8" not in os.environ:
        names.append("Xutf8")
    return names
