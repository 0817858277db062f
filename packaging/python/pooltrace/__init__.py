"""pooltrace: record every allocation of a program, and see what to change.

From the program that is recorded:

    with pooltrace.region("import"):
        load()

    @pooltrace.region("request")
    def handle(request): ...

    pooltrace.mark("warmed up")

Without a recording these do nothing and cost an attribute look-up and a call. From another program:

    trace = pooltrace.load("app.1234.trace")
    for finding in trace.findings:
        print(finding.verdict, finding.kind, finding.title)
"""
from typing import Any

from ._annotate import is_recording, mark, region, snapshot
from ._native import NotInstalled, command
from ._trace import Class, Finding, Frame, Mark, Moment, Region, Site, Trace, UnreadableTrace, load

__all__ = [
    "Class", "Finding", "Frame", "Mark", "Moment", "NotInstalled", "Region", "Site", "Trace", "UnreadableTrace",
    "command", "is_recording", "load", "mark", "region", "snapshot",
]


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext pooltrace`; see pooltrace.ipython."""
    from .ipython import load_ipython_extension as load_extension

    load_extension(shell)
