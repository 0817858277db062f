"""Tests that pass, fail, skip and are expected to fail, for the whole of pytest's machinery."""

import collections
import json

import pytest


@pytest.mark.parametrize("n", range(40))
def test_most_common(words, n):
    counts = collections.Counter(words[: n * 10 + 1])
    word, count = counts.most_common(1)[0]
    assert counts[word] == count
    assert sum(counts.values()) == n * 10 + 1


@pytest.mark.parametrize("rows", [1, 10, 100])
def test_ledger(ledger, words, rows):
    with ledger.open("a") as out:
        for i in range(rows):
            out.write(json.dumps({"n": i, "word": words[i]}) + "\n")
    read = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert [row["n"] for row in read] == list(range(rows))


def test_output(capsys):
    print("to standard output")
    assert capsys.readouterr().out == "to standard output\n"


def test_raises():
    with pytest.raises(KeyError, match="gone"):
        {}["gone"]


def test_fails(words):
    assert words[:3] == ["word0", "word1", "word2"]


@pytest.mark.xfail(reason="is not so")
def test_not_so(words):
    assert len(set(words)) == len(words)


@pytest.mark.skip(reason="for the skip")
def test_skipped():
    raise AssertionError
