#!/usr/bin/env python3
"""Check a report in JSON schema 2 against its JSON Schema and against the same report in schema 1.

    json2_check.py SCHEMA.json REPORT2.json REPORT1.json

Both reports are of the same traces; the one in schema 1 has all sites (--top).
"""

import json
import sys

from report2 import Frames, table


def check_run(two, one):
    for key in ("process", "health", "totals"):
        assert two[key] == one[key], key
    assert [f["title"] for f in two["findings"]] == [f["title"] for f in one["findings"]]

    sites, places = table(two["sites"]), table(two["places"])
    tree = Frames(two)

    def key_of(frame):
        return tuple(frame[k] for k in ("function", "file", "line", "module", "language"))

    rows = {s["id"]: s for s in one["sites"] if s["frames"]}
    assert len(rows) == two["sites"]["n"], (len(rows), two["sites"]["n"])
    sums = ("allocs", "allocated_bytes", "live_blocks", "live_bytes", "at_peak_blocks", "at_peak_bytes",
            "temporary_allocs", "cross_thread_frees", "gc_frees")
    for i, s in rows.items():
        wanted = [key_of(f) for f in s["frames"]]
        seen = [key_of(f) for f in tree.stack(sites["stack"][i])]
        assert seen == wanted, (i, seen, wanted)
        for key in sums + ("peak_live_blocks", "peak_live_bytes"):
            assert sites[key][i] == s[key], (i, key)
        place = sites["place"][i] - 1
        if places["frame"][place] and not places["label"][place]:
            assert key_of(tree.frames[places["frame"][place] - 1]) == wanted[s["name_frame"]], (i, wanted)
    for key in sums:
        assert sum(places[key]) == sum(sites[key]), key
        if key in two["totals"]:
            assert sum(sites[key]) == two["totals"][key], key
    assert sum(places["sites"]) == two["sites"]["n"]


def main():
    schema, two, one = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:4])
    import jsonschema

    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft7Validator(schema).validate(two)
    check_run(two, one)
    for a, b in zip(two.get("others", []), one.get("others", [])):
        check_run(a, b)


main()
