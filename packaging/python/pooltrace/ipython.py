"""IPython and Jupyter: `%load_ext pooltrace`, then `%%pooltrace` at the top of a cell.

The cell runs in an interpreter of its own, under the recorder; what it prints is shown, and then the report: as a page in
a notebook, as text in a terminal. Variables of the notebook are not there unless `-v` copies them.
"""
import argparse
import base64
import os
import pickle
import shlex
import subprocess
import sys
import tempfile
from typing import Any, Dict, List, Optional

from ._native import command, record_arguments

USAGE = "%%pooltrace [-v NAME,...] [-o FILE] [--text] [--baseline] [--height PIXELS]"

# A file beside the cell's, which the recorded interpreter runs: the copied variables, then the cell.
RUNNER = """\
import pickle, sys
path, *pickles = sys.argv[1:]
main = sys.modules["__main__"].__dict__
for name in pickles:
    with open(name, "rb") as f:
        main.update(pickle.load(f))
with open(path, encoding="utf-8") as f:
    code = compile(f.read(), path, "exec")
sys.argv = [path]
exec(code, main)
"""


def _options(line: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="%%pooltrace", usage=USAGE, add_help=False)
    parser.add_argument("-v", "--variables", default="")
    parser.add_argument("-o", "--output")
    parser.add_argument("-b", "--baseline", action="store_true")
    parser.add_argument("--text", action="store_true")
    parser.add_argument("--height", type=int, default=700)
    return parser.parse_args(shlex.split(line))


def _write_variables(folder: str, names: str, namespace: Dict[str, Any]) -> Optional[str]:
    """A file with copies of the named variables; None without names."""
    chosen = [n.strip() for n in names.split(",") if n.strip()]
    if not chosen:
        return None
    missing = [n for n in chosen if n not in namespace]
    if missing:
        raise NameError(f"no variable {missing[0]!r} in the notebook")
    path = os.path.join(folder, "variables.pickle")
    with open(path, "wb") as f:
        pickle.dump({n: namespace[n] for n in chosen}, f)
    return path


def _run_cell(arguments: List[str], trace: str) -> int:
    """Passes on what the child prints while it runs: a notebook shows what goes through sys.stdout.

    The recorder's two lines about the trace are left out: the report follows.
    """
    own = (f"pooltrace: trace in {trace} ", f"read it with: {command()} report {trace}")
    with subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          errors="replace", bufsize=1, universal_newlines=True) as child:
        for line in child.stdout:
            if not line.startswith(own):
                sys.stdout.write(line)
    return child.returncode


def record_cell(line: str, cell: str, namespace: Dict[str, Any]) -> None:
    """What `%%pooltrace` does."""
    options = _options(line)
    with tempfile.TemporaryDirectory(prefix="pooltrace-") as folder:
        trace = os.path.abspath(options.output) if options.output else os.path.join(folder, "cell.trace")
        source, runner = os.path.join(folder, "cell.py"), os.path.join(folder, "run_cell.py")
        for path, text in ((source, cell), (runner, RUNNER)):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        variables = _write_variables(folder, options.variables, namespace)
        flags = ["--quiet", "--force", *(["--baseline"] if options.baseline else [])]
        arguments = [*record_arguments(trace, [runner, source], flags), *([variables] if variables else [])]
        code = _run_cell(arguments, trace)
        if code:
            print(f"pooltrace: the cell ended with exit code {code}")
        _show(trace, options)


def _report(trace: str, options: List[str]) -> str:
    done = subprocess.run([command(), "report", "--alone", *options, trace], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    if not done.stdout:
        raise RuntimeError(done.stderr.decode("utf-8", "replace").strip() or "no report")
    return done.stdout.decode("utf-8", "replace")


def _in_notebook() -> bool:
    from IPython import get_ipython

    shell = get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None


def _show(trace: str, options: argparse.Namespace) -> None:
    if options.text or not _in_notebook():
        print(_report(trace, []))
        return
    from IPython.display import display

    page = base64.b64encode(_report(trace, ["--format", "html"]).encode()).decode()
    text = _report(trace, ["--no-replay"])
    frame = (f'<iframe sandbox="allow-scripts" style="width:100%;height:{options.height}px;border:0" '
             f'title="pooltrace report" src="data:text/html;charset=utf-8;base64,{page}"></iframe>')
    display({"text/html": frame, "text/plain": text}, raw=True)


def load_ipython_extension(shell: Any) -> None:
    """IPython calls this for `%load_ext pooltrace`."""

    def pooltrace(line: str, cell: str) -> None:
        record_cell(line, cell, shell.user_ns)

    pooltrace.__doc__ = USAGE
    shell.register_magic_function(pooltrace, magic_kind="cell", magic_name="pooltrace")
