"""Traces as Python objects: what `pooltrace report --format json` says, with the columns taken apart."""
import json
import os
import subprocess
from dataclasses import dataclass, field, fields
from typing import Any, Dict, List, Optional, Sequence, Union

from ._native import command


@dataclass(frozen=True)
class Frame:
    """One source frame. `line` and `column` are 0 where they are not known."""

    function: str
    file: str
    line: int
    column: int
    language: str
    inlined: bool


@dataclass(frozen=True)
class Site:
    """One call stack that allocates. Bytes are as requested; frames are leaf first."""

    frames: Sequence[Frame]
    allocs: int
    allocated_bytes: int
    live_blocks: int
    live_bytes: int
    at_peak_blocks: int
    at_peak_bytes: int
    temporary_allocs: int
    cross_thread_frees: int
    peak_live_bytes: int


@dataclass(frozen=True)
class Class:
    """A Python class with instances in the trace. Sizes are bytes, `lifetime_ns` is the median."""

    name: str
    module: str
    built: int
    live: int
    peak_live: int
    allocated_bytes: int
    live_bytes: int
    owned_bytes: int
    lifetime_ns: int


@dataclass(frozen=True)
class Moment:
    """A point of the timeline; what is allocated is counted from the start."""

    time_ns: int
    live_bytes: int
    live_blocks: int
    allocs: int
    allocated_bytes: int


@dataclass(frozen=True)
class Mark:
    """A moment that the program named. What is allocated is counted from the start."""

    name: str
    time_ns: int
    live_bytes: int
    live_blocks: int
    allocs: int
    allocated_bytes: int


@dataclass(frozen=True)
class Region:
    """A named stretch of one thread's work. Live bytes are the process's; `open` is 1 if it never ended."""

    name: str
    thread: int
    begin_ns: int
    end_ns: int
    open: int
    allocs: int
    allocated_bytes: int
    temporary_allocs: int
    begin_bytes: int
    end_bytes: int
    peak_bytes: int
    begin_blocks: int
    end_blocks: int

    @property
    def rise_bytes(self) -> int:
        """How far live bytes rose above what they were when it began."""
        return self.peak_bytes - self.begin_bytes

    @property
    def kept_bytes(self) -> int:
        """What live bytes were higher by when it ended; below 0 when they were lower."""
        return self.end_bytes - self.begin_bytes

    @property
    def kept_blocks(self) -> int:
        """The same in blocks."""
        return self.end_blocks - self.begin_blocks


@dataclass(frozen=True)
class Finding:
    """One piece of advice. `raw` has everything that the report says about it."""

    id: str
    kind: str
    verdict: str
    title: str
    advice: str
    class_name: Optional[str]
    raw: Dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Trace:
    """One process's recording."""

    path: str
    process: Dict[str, Any]
    health: Dict[str, Any]
    totals: Dict[str, Any]
    findings: List[Finding]
    sites: List[Site]
    classes: List[Class]
    timeline: List[Moment]
    marks: List[Mark]
    regions: List[Region]
    others: List[Dict[str, Any]] = field(repr=False)

    def rows(self, what: str = "sites") -> List[Dict[str, Any]]:
        """Sites, classes, timeline, marks or regions as dictionaries of plain values, one a row."""
        if what == "sites":
            return [_site_row(s) for s in self.sites]
        if what not in ("classes", "timeline", "marks", "regions"):
            raise ValueError(f"no table {what!r}: sites, classes, timeline, marks or regions")
        return [dict(vars(row)) for row in getattr(self, what)]

    def to_pandas(self, what: str = "sites") -> Any:
        """The same as a pandas DataFrame."""
        import pandas

        return pandas.DataFrame(self.rows(what))

    def to_polars(self, what: str = "sites") -> Any:
        """The same as a polars DataFrame."""
        import polars

        return polars.DataFrame(self.rows(what))

    def to_arrow(self, what: str = "sites") -> Any:
        """The same as a pyarrow Table."""
        import pyarrow

        return pyarrow.Table.from_pylist(self.rows(what))


class UnreadableTrace(RuntimeError):
    """The analyzer could not read the trace; the text is its message."""


def load(path: Union[str, "os.PathLike[str]"], *, replay: bool = False, options: Sequence[str] = ()) -> Trace:
    """Reads one trace. `replay` measures the gains of native findings too, which takes seconds."""
    return _from_json(str(path), _report(path, [*([] if replay else ["--no-replay"]), *options]))


def load_regions(path: Union[str, "os.PathLike[str]"]) -> List[Region]:
    """The regions alone, in the order of their begins: nothing is looked for, which takes less time."""
    report = _report(path, ["--no-replay", "--only", "leak"])
    return _regions(report)


def _report(path: Union[str, "os.PathLike[str]"], options: Sequence[str]) -> Dict[str, Any]:
    """The JSON report. The analyzer itself is not recorded, also when this process is."""
    environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
    done = subprocess.run([command(), "report", "--alone", "--format", "json", "--schema", "2", *options, str(path)],
                          capture_output=True, env=environment)
    if not done.stdout:
        raise UnreadableTrace(done.stderr.decode("utf-8", "replace").strip())
    return json.loads(done.stdout)


def _site_row(site: Site) -> Dict[str, Any]:
    row = dict(vars(site))
    frames = row.pop("frames")
    leaf = frames[0] if frames else Frame("", "", 0, 0, "", False)
    row.update(function=leaf.function, file=leaf.file, line=leaf.line,
               stack=";".join(f.function for f in reversed(frames)))
    return row


def _column(value: Any, n: int) -> List[int]:
    """A column of the report: numbers, one number for all rows, or the rows that are not 0."""
    if isinstance(value, (int, float)):
        return [value] * n
    if isinstance(value, list):
        return value
    out, row = [0] * n, 0
    for step, x in zip(value["rows"], value["values"]):
        row += step
        out[row] = x
    return out


def _numbers(kind: type) -> List[str]:
    """The fields of a dataclass but its name."""
    return [f.name for f in fields(kind) if f.name != "name"]


def _records(table: Dict[str, Any], make: type, names: Sequence[str], **more: List[Any]) -> List[Any]:
    n = table.get("n", 0)
    columns = {name: _column(table.get(name, 0), n) for name in names}
    columns.update(more)
    return [make(**dict(zip(columns, values))) for values in zip(*columns.values())]


def _texts(report: Dict[str, Any], table: Dict[str, Any], name: str) -> List[str]:
    return [report["strings"][i] for i in _column(table.get(name, 0), table.get("n", 0))]


def _regions(report: Dict[str, Any]) -> List[Region]:
    table = report.get("regions", {})
    return _records(table, Region, _numbers(Region), name=_texts(report, table, "name"))


def _frames(report: Dict[str, Any]) -> List[Frame]:
    table, strings, languages = report["frames"], report["strings"], report["languages"]
    n = table["n"]
    get = lambda name: _column(table.get(name, 0), n)
    return [
        Frame(strings[f], strings[file], line, column, languages[language], bool(flags & 1))
        for f, file, line, column, language, flags in zip(
            get("function"), get("file"), get("line"), get("column"), get("language"), get("flags"))
    ]


class _Stacks:
    """The prefix tree; stacks are made when they are asked for, and shared."""

    def __init__(self, table: Dict[str, Any], frames: List[Frame]) -> None:
        self._frame = _column(table["frame"], table["n"])
        self._up = _column(table["up"], table["n"])
        self._frames = frames

    def __getitem__(self, node: int) -> Sequence[Frame]:
        stack = []
        while node:
            stack.append(self._frames[self._frame[node]])
            node -= self._up[node]
        return tuple(stack)


def _from_json(path: str, report: Dict[str, Any]) -> Trace:
    stacks = _Stacks(report["stacks"], _frames(report))
    sites, classes = report["sites"], report["classes"]
    leaves = _column(sites.get("stack", 0), sites["n"])
    text = lambda table, name: _texts(report, table, name)
    marks = report.get("marks", {})
    return Trace(
        path=path,
        process=report["process"],
        health=report["health"],
        totals=report["totals"],
        findings=[_finding(x) for x in report["findings"]],
        sites=_records(sites, Site, [
            "allocs", "allocated_bytes", "live_blocks", "live_bytes", "at_peak_blocks", "at_peak_bytes",
            "temporary_allocs", "cross_thread_frees", "peak_live_bytes"], frames=[stacks[i] for i in leaves]),
        classes=_records(classes, Class, [
            "built", "live", "peak_live", "allocated_bytes", "live_bytes", "owned_bytes", "lifetime_ns"],
            name=text(classes, "name"), module=text(classes, "module")),
        timeline=_records(report["timeline"], Moment, [
            "time_ns", "live_bytes", "live_blocks", "allocs", "allocated_bytes"]),
        marks=_records(marks, Mark, _numbers(Mark), name=text(marks, "name")),
        regions=_regions(report),
        others=report.get("others", []),
    )


def _finding(x: Dict[str, Any]) -> Finding:
    return Finding(id=str(x.get("id", "")), kind=x["kind"], verdict=x["verdict"], title=x.get("title", ""),
                   advice=x.get("advice", ""), class_name=x.get("class"), raw=x)
