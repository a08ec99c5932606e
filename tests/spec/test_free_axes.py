"""Free axes of inputs: `T=20`."""

from __future__ import annotations

import pytest

from nnbuild.errors import InputError
from nnbuild.spec.build.stated import Input, agreed

TEXT = """
params: {n: 3}
inputs:
  mask: [N, T]
  x: {shape: [N, T=4 * n, 32]}
layers: {a: ReLU}
forward: a(x) * mask[:, :, None]
expect: {output: [N, T // 2, n]}
"""


def test_declared_in_one_place_and_known_in_all(build):
    spec = build(TEXT).spec
    assert spec.inputs == (Input("mask", ("N", "T"), free={"T": 12}), Input("x", ("N", "T", 32), free={"T": 12}))
    assert [item.sized(2) for item in spec.inputs] == [(2, 12), (2, 12, 32)]
    assert spec.inputs[1].sized(sizes={"T": 5}) == (1, 5, 32)
    assert list(map(str, spec.inputs)) == ["(N, T=12)", "(N, T=12, 32)"]
    assert spec.expect["output"] == ("N", 6, 3)
    assert build(TEXT.replace("T // 2", "T")).spec.expect["output"] == ("N", "T", 3)
    assert build(TEXT, params={"n": 5}).spec.inputs[0].free == {"T": 20}


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("[N, T]", "1:12 the name T is not known here (an axis of any length has a default, as T=20)"),
        ("[N=2]", "1:9 N is the batch, whose size no spec states (write N alone)"),
        ("[n=2]", "1:9 n is the name of something else here (write n alone for its value, or give the axis another"),
        ("[T=-1]", "1:11 a size is a whole number of at least 0"),
        ("[T=x]", "1:11 the name x is not known here"),
        ("[T=1, T=2]", "1:14 the axis T has two defaults, 1 and 2 (write T alone in one of the places)"),
        ("[T=1, 2 * T]", "1:18 the name T is not known here"),
    ],
)
def test_refused(refused, shape, message):
    assert message in refused(f"input: {shape}\nparams: {{n: 1}}\nlayers: [Identity]\n")


def test_agreement():
    inputs = (Input("x", ("N", "T", 3)), Input("y", ("T", "T")), Input("z", (4,)))
    assert agreed(inputs, {"x": (2, 5, 3), "y": (5, 5), "z": (4,)}) == {"N": 2, "T": 5}
    assert agreed(inputs, {"x": (2, 5)}) == {}  # of another rank: told by whoever takes it
    with pytest.raises(InputError, match=r"about the axis T: x \(2, 5, 3\) has 5 and y \(6, 6\) has 6"):
        agreed(inputs, {"x": (2, 5, 3), "y": (6, 6)})
    with pytest.raises(InputError, match=r"about the axis T: y \(6, 7\) has both 6 and 7"):
        agreed(inputs, {"y": (6, 7)})
    assert agreed((Input("a", ("N",)), Input("b", ("N",))), {"a": (3,), "b": (1,)}) == {"N": 3}
