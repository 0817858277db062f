"""Reads a report in JSON schema 2: its tables by columns, and its sites with their frames written out."""


def column(value, n):
    """One column as a list of n numbers."""
    if isinstance(value, int):
        return [value] * n
    if isinstance(value, list):
        assert len(value) == n, (len(value), n)
        return value
    out, row = [0] * n, 0
    for step, x in zip(value["rows"], value["values"]):
        row += step
        out[row] = x
    return out


def table(columns):
    """All columns of a table by name."""
    n = columns["n"]
    return {k: column(v, n) for k, v in columns.items() if k != "n"}


class Frames:
    """The frames and stacks of a report; each frame is the same dictionary wherever it is met."""

    def __init__(self, report):
        strings, modules = report["strings"], report["modules"]
        t, self.stacks = table(report["frames"]), table(report["stacks"])
        self.frames = [
            {
                "function": strings[t["function"][i]],
                "file": strings[t["file"][i]],
                "line": t["line"][i],
                "module": modules[t["module"][i]]["path"],
                "language": report["languages"][t["language"][i]],
            }
            for i in range(report["frames"]["n"])
        ]

    def stack(self, node):
        """The frames of a stack, leaf first."""
        path = []
        while node:
            path.append(self.frames[self.stacks["frame"][node]])
            node -= self.stacks["up"][node]
        return path


def sites(report):
    """Every site as {"frames": [...], "allocs": N, "allocated_bytes": N}."""
    frames, t = Frames(report), table(report["sites"])
    rows = zip(t["stack"], t["allocs"], t["allocated_bytes"])
    return [{"frames": frames.stack(node), "allocs": n, "allocated_bytes": n_bytes} for node, n, n_bytes in rows]
