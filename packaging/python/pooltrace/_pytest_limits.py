"""Limits of tests: read from markers, written beside the traces, judged by the regions."""
import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ._trace import Region

NAME_BYTES = 64  # of a region's name, in the trace
UNITS = {"": 1, "b": 1, "k": 1000, "kb": 1000, "m": 1000**2, "mb": 1000**2, "g": 1000**3, "gb": 1000**3,
         "kib": 1024, "mib": 1024**2, "gib": 1024**3}


def parse_size(size: Any) -> int:
    """Bytes of 4096, "64 KiB", "10 MB"."""
    if isinstance(size, (int, float)):
        return int(size)
    parts = re.fullmatch(r"\s*([0-9.]+)\s*([a-zA-Z]*)\s*", str(size))
    if not parts or parts[2].lower() not in UNITS:
        raise ValueError(f"invalid size {size!r}: expected bytes, or a text such as '10 MB' or '64 KiB'")
    return int(float(parts[1]) * UNITS[parts[2].lower()])


def format_size(n: float) -> str:
    """Bytes for people, in powers of 1024 as the reports have them."""
    value, sign = abs(float(n)), "-" if n < 0 else ""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1023.5 or unit == "GiB":
            break
        value /= 1024
    return f"{sign}{value:.0f} {unit}" if unit == "B" else f"{sign}{value:.3g} {unit}"


def region_name(nodeid: str, prefix: str = "") -> str:
    """The test's name in the trace: its end and a checksum, when it is too long."""
    name = prefix + nodeid
    if len(name.encode("utf-8", "replace")) <= NAME_BYTES:
        return name
    checksum = hashlib.sha1(nodeid.encode("utf-8", "replace")).hexdigest()[:8]
    tail = nodeid.encode("utf-8", "replace")[-(NAME_BYTES - len(prefix) - len(checksum) - 4):]
    return f"{prefix}…{tail.decode('utf-8', 'ignore')}~{checksum}"


@dataclass(frozen=True)
class Limits:
    """What a test's markers ask for; None and 0: nothing."""

    rise_bytes: Optional[int] = None
    allocs: Optional[int] = None
    leak_runs: int = 0
    leak_slack: int = 0
    findings: Optional[List[str]] = None

    @classmethod
    def of(cls, item: Any) -> "Limits":
        marks = {name: item.get_closest_marker(name)
                 for name in ("pool_limit", "alloc_limit", "no_leaks", "no_findings")}
        leaks = marks["no_leaks"].kwargs if marks["no_leaks"] else {}
        return cls(
            rise_bytes=parse_size(_argument(marks["pool_limit"])) if marks["pool_limit"] else None,
            allocs=int(_argument(marks["alloc_limit"])) if marks["alloc_limit"] else None,
            leak_runs=max(1, int(leaks.get("runs", 3))) if marks["no_leaks"] else 0,
            leak_slack=parse_size(leaks.get("slack", 256)),
            findings=list(marks["no_findings"].args) if marks["no_findings"] else None,
        )


def _argument(mark: Any) -> Any:
    values = [*mark.args, *mark.kwargs.values()]
    if len(values) != 1:
        raise ValueError(f"{mark.name} takes one argument")
    return values[0]


@dataclass
class Test:
    """One test as a recorded process noted it."""

    __test__ = False
    name: str
    nodeid: str
    location: Tuple[Any, ...]
    limits: Limits


class Sidecar:
    """One file a process, beside its trace: which region is which test, and its limits."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def add(self, name: str, nodeid: str, location: Any, limits: Limits) -> None:
        row = {"name": name, "nodeid": nodeid, "location": list(location), "limits": asdict(limits)}
        with open(os.path.join(self._folder, f"{os.getpid()}.tests"), "a", encoding="utf-8") as f:
            f.write(json.dumps(row) + "\n")


def read_tests(folder: str) -> Iterator[Tuple[Path, List[Test]]]:
    """Each process's trace with the tests that ran in it."""
    for path in sorted(Path(folder).glob("*.tests")):
        with open(path, encoding="utf-8") as f:
            rows = [json.loads(line) for line in f]
        yield path.with_suffix(".trace"), [
            Test(r["name"], r["nodeid"], tuple(r["location"]), Limits(**r["limits"])) for r in rows]


def broken_limits(limits: Limits, call: Region, again: List[Region]) -> List[str]:
    """Sentences about the limits that the test's regions broke."""
    said = []
    if limits.rise_bytes is not None and call.rise_bytes > limits.rise_bytes:
        said.append(f"pool_limit: live bytes rose by {format_size(call.rise_bytes)} ({call.rise_bytes} bytes), "
                    f"the limit is {format_size(limits.rise_bytes)}")
    if limits.allocs is not None and call.allocs > limits.allocs:
        said.append(f"alloc_limit: {call.allocs} allocations, the limit is {limits.allocs}")
    # From end to end: what one run keeps until the next one begins is no leak.
    grown = [b.end_bytes - a.end_bytes for a, b in zip(again, again[1:])]
    if grown and min(grown) > limits.leak_slack:
        said.append(f"no_leaks: each of {len(grown)} further runs kept memory: {', '.join(map(format_size, grown))} "
                    f"(slack: {format_size(limits.leak_slack)})")
    return said


def over_baseline(known: Dict[str, int], call: Region, tolerance: float) -> List[str]:
    """Sentences about what is more than the baseline allows; small differences are noise."""
    said = []
    for key, value, least in (("allocs", call.allocs, 200), ("allocated_bytes", call.allocated_bytes, 65536),
                              ("rise_bytes", call.rise_bytes, 65536)):
        before = known.get(key)
        if before is not None and value - before > max(least, before * tolerance / 100):
            said.append(f"baseline: {key} {value}, was {before} (tolerance {tolerance:g} %)")
    return said
