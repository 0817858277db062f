"""The end of a recorded test run: traces are read, limits judged, and the summary is written."""
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from ._pytest_limits import (Limits, Test, broken_limits, format_size, over_baseline, read_tests,
                             region_name)
from ._trace import Region, UnreadableTrace, load_regions

FOLDER = "POOLTRACE_PYTEST_DIR"  # environment: where this run's traces are


def new_folder(config: Any) -> str:
    """An empty folder for the traces, which version control ignores. Traces of an earlier run are removed."""
    folder = Path(config.getoption("pooltrace_dir") or config.rootpath / ".pooltrace").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    for pattern in ("*.trace", "*.tests", "*.measured"):
        for old in folder.glob(pattern):
            old.unlink()
    return str(folder)


@dataclass
class Result:
    """One test with its regions: its call, and the runs that look for leaks."""

    test: Test
    trace: Path
    call: Region
    again: List[Region] = field(default_factory=list)
    broken: List[str] = field(default_factory=list)


def _results_of(trace: Path, tests: List[Test]) -> List[Result]:
    by_name: Dict[str, List[Region]] = {}
    for r in load_regions(trace):
        by_name.setdefault(r.name, []).append(r)
    results = []
    for test in tests:
        calls = by_name.get(test.name, [])
        if not calls:
            continue
        call = calls.pop(0)
        again = by_name.get(region_name(test.nodeid, "again: "), [])[:test.limits.leak_runs + 1]
        results.append(Result(test, trace, call, again))
    return results


def read_results(folder: str) -> "tuple[List[Result], List[str]]":
    """All tests of all processes, and what could not be read."""
    results, trouble = [], []
    for trace, tests in read_tests(folder):
        try:
            results += _results_of(trace, tests)
        except (UnreadableTrace, OSError) as problem:
            trouble.append(f"{trace.name}: {problem}")
    return results, trouble


class Baseline:
    """Numbers of an earlier run, in a file; without a file they are those of this run."""

    def __init__(self, config: Any) -> None:
        self.path = config.getoption("pooltrace_baseline")
        self._tolerance = config.getoption("pooltrace_tolerance")
        self._known: Optional[Dict[str, Dict[str, int]]] = None
        if self.path and os.path.exists(self.path) and not config.getoption("pooltrace_update_baseline"):
            with open(self.path, encoding="utf-8") as f:
                self._known = json.load(f)["tests"]

    def judge(self, result: Result) -> List[str]:
        if self._known is None:
            return []
        return over_baseline(self._known.get(result.test.nodeid, {}), result.call, self._tolerance)

    def write(self, results: List[Result]) -> Optional[str]:
        """A line about the file that was written, None when it is the judge."""
        if not self.path or self._known is not None:
            return None
        tests = {r.test.nodeid: {"allocs": r.call.allocs, "allocated_bytes": r.call.allocated_bytes,
                                 "rise_bytes": r.call.rise_bytes} for r in results}
        with open(self.path, "w", encoding="utf-8") as f:
            json.dump({"version": 1, "tests": tests}, f, indent=1, sort_keys=True)
        return f"baseline of {len(tests)} tests written to {self.path}"


def _findings(result: Result, limits: Limits) -> List[str]:
    """Advice about what was allocated between the test's begin and its end."""
    from ._trace import load

    between = ["--between", f"{result.test.name}", f"{result.test.name}:end"]
    kinds = ["--only", ",".join(limits.findings)] if limits.findings else []
    found = load(result.trace, options=[*between, *kinds]).findings
    return [f"no_findings: {f.kind}: {f.title}" for f in found if f.verdict in ("WIN", "MINOR")]


class Verdicts:
    """In the process that reports: judges all tests, once they have run."""

    def __init__(self, config: Any, folder: str) -> None:
        self._config = config
        self._folder = folder
        self._results: List[Result] = []
        self._notes: List[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: Any) -> None:
        baseline = Baseline(self._config)
        self._results, self._notes = read_results(self._folder)
        for r in self._results:
            r.broken = broken_limits(r.test.limits, r.call, r.again) + baseline.judge(r)
            if r.test.limits.findings is not None:
                r.broken += _findings(r, r.test.limits)
            if r.broken:
                self._report(r)
        written = baseline.write(self._results)
        self._notes += [written] if written else []
        if any(r.broken for r in self._results) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _report(self, result: Result) -> None:
        """The test has passed as far as pytest knows: its report is taken back, and one that failed put in."""
        terminal = self._config.pluginmanager.getplugin("terminalreporter")
        passed = terminal.stats.get("passed", []) if terminal else []
        passed[:] = [x for x in passed if x.nodeid != result.test.nodeid]
        self._config.hook.pytest_runtest_logreport(report=pytest.TestReport(
            nodeid=result.test.nodeid, location=result.test.location, keywords={}, outcome="failed",
            longrepr="\n".join(result.broken), when="call", sections=[], duration=0.0))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        out = terminalreporter
        top = self._config.getoption("pooltrace_top")
        out.section("pooltrace: tests that allocate most", sep="=")
        out.line(f"{'allocations':>12} {'bytes':>10} {'temporary':>9} {'peak':>10} {'kept':>10}  test")
        for r in sorted(self._results, key=lambda r: (-r.call.allocs, r.test.nodeid))[:top]:
            out.line(_row(r))
        if len(self._results) > top:
            out.line(f"[other: {len(self._results) - top} tests]")
        for note in self._notes:
            out.line(note)
        traces = sorted(Path(self._folder).glob("*.trace"), key=lambda f: f.stat().st_size)
        if traces:
            out.line(f"what to change: pooltrace report {os.path.relpath(traces[-1])}")


def _row(r: Result) -> str:
    share = r.call.temporary_allocs / r.call.allocs if r.call.allocs else 0
    return (f"{r.call.allocs:>12} {format_size(r.call.allocated_bytes):>10} {share:>9.0%} "
            f"{format_size(r.call.rise_bytes):>10} {format_size(r.call.kept_bytes):>10}  {r.test.nodeid}")
