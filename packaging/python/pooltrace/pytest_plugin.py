"""pytest plugin: `pytest --pooltrace` records the test run and says what each test allocates.

pytest starts itself again under the recorder. Each test's call is a region of the trace. When all tests have run,
the traces are read, limits are judged, and a test that broke one is reported as failed.

    @pytest.mark.pool_limit("10 MB")     # live bytes rise by no more while the test runs
    @pytest.mark.alloc_limit(5000)       # no more allocations by the test's thread
    @pytest.mark.no_leaks                # run again and again, the test keeps no memory each time
    @pytest.mark.no_findings("slots")    # no such advice about what the test allocates; without arguments: none

Without --pooltrace the markers do nothing.
"""
import os
import sys
from typing import Any, List

import pytest

from . import _pytest_run as run
from ._annotate import is_recording, region
from ._native import NotInstalled, command
from ._pytest_limits import Limits, Sidecar, region_name

MARKERS = (
    'pool_limit(size): live bytes may rise by `size` ("10 MB") at most while the test runs',
    "alloc_limit(n): the test's thread may make `n` allocations at most",
    "no_leaks(runs=3, slack=256): in one of `runs` further runs at least, the test keeps at most `slack` bytes",
    "no_findings(*kinds): pooltrace has no advice of these kinds about what the test allocates",
)


def pytest_addoption(parser: Any) -> None:
    group = parser.getgroup("pooltrace", "what tests allocate")
    group.addoption("--pooltrace", action="store_true", help="record every allocation and judge the tests' limits")
    group.addoption("--pooltrace-dir", metavar="DIR", help="where the traces are put (.pooltrace below the root)")
    group.addoption("--pooltrace-top", metavar="N", type=int, default=10, help="rows of the summary (10)")
    group.addoption("--pooltrace-baseline", metavar="FILE",
                    help="fail tests that allocate more than FILE says; FILE is written when it does not exist")
    group.addoption("--pooltrace-tolerance", metavar="PERCENT", type=float, default=10.0,
                    help="by how much a test may exceed its baseline (10)")
    group.addoption("--pooltrace-update-baseline", action="store_true", help="write a new baseline")


def pytest_configure(config: Any) -> None:
    for line in MARKERS:
        config.addinivalue_line("markers", line)
    if os.environ.get(run.FOLDER) and is_recording() and _is_wanted(config):
        config.pluginmanager.register(Recorded(os.environ[run.FOLDER]), "pooltrace-recorded")
        if not hasattr(config, "workerinput"):
            config.pluginmanager.register(run.Verdicts(config, os.environ[run.FOLDER]), "pooltrace-verdicts")


def _is_wanted(config: Any) -> bool:
    return bool(config.getoption("pooltrace", default=False))


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: Any) -> Any:
    """Starts pytest again under the recorder, unless this is that pytest."""
    if not _is_wanted(config) or hasattr(config, "workerinput") or os.environ.get(run.FOLDER):
        return None
    if config.getoption("collectonly", default=False) or config.getoption("help", default=False):
        return None
    folder = run.new_folder(config)
    try:
        arguments = _recorded_command(config, folder)
    except NotInstalled as problem:
        raise pytest.UsageError(f"--pooltrace: {problem}") from problem
    os.environ[run.FOLDER] = folder
    _give_back_output(config)
    os.execv(arguments[0], arguments)


def _recorded_command(config: Any, folder: str) -> List[str]:
    from ._native import record_arguments

    again = ["-m", "pytest", *map(str, config.invocation_params.args)]
    return record_arguments(os.path.join(folder, "%p.trace"), again, ["--quiet", "--force"])


def _give_back_output(config: Any) -> None:
    """pytest has put its own files in place of descriptors 1 and 2."""
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.stop_global_capturing()
    sys.stdout.flush()
    sys.stderr.flush()


class Recorded:
    """In each process that runs tests: a region for each test, and a note of its limits."""

    def __init__(self, folder: str) -> None:
        self._sidecar = Sidecar(folder)

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_call(self, item: Any) -> Any:
        name = region_name(item.nodeid)
        self._sidecar.add(name, item.nodeid, item.location, Limits.of(item))
        with region(name):
            yield

    @pytest.hookimpl(hookwrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: Any) -> Any:
        """Tests that must not leak run again, when they have passed: the first two runs fill caches."""
        outcome = yield
        limits = Limits.of(pyfuncitem)
        if limits.leak_runs and outcome.excinfo is None:
            _run_again(pyfuncitem, limits.leak_runs)


def _run_again(item: Any, runs: int) -> None:
    import gc

    name = region_name(item.nodeid, "again: ")
    arguments = {a: item.funcargs[a] for a in item._fixtureinfo.argnames}
    for _ in range(runs + 1):
        gc.collect()
        with region(name):
            item.obj(**arguments)
            gc.collect()


def pytest_report_header(config: Any) -> Any:
    if os.environ.get(run.FOLDER) and is_recording():
        return f"pooltrace: recorded by {command()}"
    return None
