"""What `bench` tells of its times."""

from __future__ import annotations

import os
import sys

from nnbuild.bench.silence import silent
from nnbuild.bench.timing import Timing
from nnbuild.ops.spec import TensorSpec
from nnbuild.report.plain import plain
from nnbuild.report.timing import timing


def report(ours: list[float], theirs: list[float]):
    times = {"nnbuild": ours, "torch": theirs}
    return timing(Timing(times, {"torch": 1e-7}, 1.0, (TensorSpec((1, 3)),), 2, {"torch": "2"}))


def test_the_spread_is_shown():
    found = report([10.0, 11.0, 12.0, 13.0, 14.0], [20.0] * 5)
    assert [program["quartiles"] for program in found.data["programs"]] == [[11.0, 13.0], [20.0, 20.0]]
    assert "11 - 13" in plain(found) and "disagree" not in plain(found)
    assert report([10.0], [20.0]).data["programs"][0]["quartiles"] == [10.0, 10.0]


def test_runs_that_disagree_are_said():
    text = plain(report([10.0] * 5, [20.0, 21.0, 6000.0, 6100.0, 6200.0]))
    assert "The runs of torch disagree: 20 to 6200 ms. By the fastest, nnbuild / it is 0.5." in text
    assert "The runs of nnbuild" not in text and "the medians and their ratios are rough" in text


def test_silence(capfd):
    with silent():
        print("python")
        print("python", file=sys.stderr)
        os.write(1, b"below\n")
        os.write(2, b"below\n")
    print("after")
    os.write(1, b"below\n")
    captured = capfd.readouterr()
    assert sorted(captured.out.split()) == ["after", "below"] and captured.err == ""
