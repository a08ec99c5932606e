"""Hostile specs are refused by an error that says why and where, long before time or memory run out."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from nnbuild import TensorSpec, limits, load, trace
from nnbuild.budget import spending
from nnbuild.errors import NnbuildError, ProblemList
from tests.hostile.sources import CONSTRUCTORS, source
from tests.hostile.specs import FORWARDS, LAYERS, LETS, spec

CASES = [
    pytest.param(section, text, message, id=f"{section}: {kind}")
    for section, cases in (("forward", FORWARDS), ("let", LETS), ("layer", LAYERS))
    for kind, (text, message) in cases.items()
]


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the steps, so that what is bounded by them ends soon; the clock is not what ends it."""
    monkeypatch.setattr(limits, "SECONDS", 60.0)
    monkeypatch.setattr(limits, "STEPS_A_SECOND", 4_000)
    monkeypatch.setattr(limits, "MAX_MODULES", 400)


def refused(path: Path) -> NnbuildError:
    with pytest.raises(NnbuildError) as caught:
        trace(load(path).eval(), TensorSpec((4, 4)))
    error = caught.value
    return error.problems[0] if isinstance(error, ProblemList) else error


@pytest.mark.parametrize(("section", "text", "message"), CASES)
def test_it_is_refused_with_its_place(section: str, text: str, message: str, tmp_path: Path, few_steps: None) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(spec(section, text))
    error = refused(path)
    assert re.search(re.escape(message).replace(r"\|", "|"), error.message), error.message
    assert error.mark is not None
    assert error.mark.file == str(path)


SOURCES = [pytest.param(source(text), message, id=kind) for kind, (text, message) in CONSTRUCTORS.items()]


@pytest.mark.parametrize(("text", "message"), SOURCES)
def test_source_is_refused(text: str, message: str, tmp_path: Path, few_steps: None) -> None:
    path = tmp_path / "net.py"
    path.write_text(text)
    with pytest.raises(NnbuildError) as caught:
        load(f"{path}:Net")
    found = caught.value.problems if isinstance(caught.value, ProblemList) else [caught.value]
    assert re.search(message, found[0].message), found[0].message


def test_source_in_an_odd_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text("# coding: punycode\n#-" + "b" * 900_000)
    with pytest.raises(NnbuildError, match="is not text in punycode"):
        load(f"{path}:Net")


def test_source_is_a_regular_file(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    os.mkfifo(path)
    with pytest.raises(NnbuildError, match="it is a pipe, not a file"):
        load(f"{path}:Net")


def test_blocks_in_a_loop_share_the_budget(tmp_path: Path, few_steps: None) -> None:
    loop = "forward: |\n      for i in range(90000):\n        {}\n      return x\n"
    text = "name: A\ninput: [4, 4]\nblocks:\n"
    text += f"  A:\n    {loop.format('pass')}  B:\n    layers: {{a: A()}}\n    {loop.format('x = a(x)')}"
    path = tmp_path / "net.yaml"
    path.write_text(text + "layers: {b: B()}\n")
    error = refused(path)
    assert "the forward of A takes more than 240,000 steps" in error.message
    assert error.path == "b.a"


def test_a_let_that_every_call_copies_is_charged(tmp_path: Path, few_steps: None) -> None:
    path = tmp_path / "net.yaml"
    text = "name: A\ninput: [4, 4]\nblocks:\n  B(big):\n    forward: |\n      y = big\n      return x\n"
    path.write_text(
        text + "layers: {b: 'B([0] * 9000)'}\nforward: |\n  for i in range(90000):\n    x = b(x)\n  return x\n"
    )
    assert "steps" in refused(path).message


def test_options_of_shared_lists_are_refused(tmp_path: Path, few_steps: None) -> None:
    lets = "".join(f"  a{place + 1}: '[a{place}, a{place}]'\n" for place in range(60)).replace("'", "")
    path = tmp_path / "net.yaml"
    path.write_text(
        f"input: [4, 4]\nlet:\n  a0: [1, 1]\n{lets}layers:\n  fc: {{Linear: {{in_features: a60, out_features: 3}}}}\n"
    )
    assert "steps" in refused(path).message


def test_the_whitelist_holds_the_second_time_too(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    block = "blocks:\n  B:\n    layers:\n      r: 'ReLU(await 1)'\n"
    path.write_text(f"input: [4, 4]\n{block}layers:\n  a: B()\n  b: B()\n")
    error = refused(path)
    assert "Await is not part of the language" in error.message
    path.write_text("input: [4, 4]\nlet:\n  f(v): v.__bases__\nlayers:\n  a: Linear(f(1), 2)\n  b: Linear(f(1), 2)\n")
    with pytest.raises(NnbuildError, match="__bases__ is private"):
        load(path)


def test_all_problems_of_a_program_are_placed_once(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("input: [4, 4]\nlayers: {r: ReLU}\nforward: |\n" + "  import os\n" * 4_000 + "  return x\n")
    with pytest.raises(ProblemList) as caught:
        load(path)
    assert len(caught.value.problems) == limits.MAX_PROBLEMS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("%TAG !a! b\n" * 30_000 + "---\nlayers: {r: ReLU}\n", "%TAG is not part of the language"),
        ("layers: {" + ", ".join(["r: ReLU"] * 20_000) + "}\n", "the key r stands twice"),
        ("".join(f"s{place}: 1\n" for place in range(20_000)), "a spec has no section s0"),
        ("blocks:\n" + "".join(f"  b{place}: {{lyers: 3}}\n" for place in range(9_000)), "has no section lyers"),
    ],
    ids=["tags", "repeated keys", "unknown sections", "broken blocks"],
)
def test_a_text_ends_at_its_first_problems(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(text)
    with spending("reading", seconds=5) as left:
        error = refused(path)
        assert left.steps - left.left < 300_000
    assert message in error.message


def test_files_that_use_the_same_files_are_worked_out_once(tmp_path: Path) -> None:
    for layer in range(18):
        below = [f"u{layer + 1}_{place}.yaml" for place in range(5)] if layer < 17 else []
        for place in range(5):
            text = f"blocks:\n  B{layer}_{place}:\n    layers: {{r: ReLU}}\nuse: [{', '.join(below)}]\n"
            (tmp_path / f"u{layer}_{place}.yaml").write_text(text)
    path = tmp_path / "net.yaml"
    path.write_text(
        f"input: [4, 4]\nuse: [{', '.join(f'u0_{place}.yaml' for place in range(5))}]\nlayers: {{b: B17_0}}\n"
    )
    assert [name for name, _ in load(path).named_modules()] == ["", "b", "b.r"]


def test_files_together_have_a_size(tmp_path: Path) -> None:
    for place in range(3):
        text = "#" * 9_000_000 + f"\nblocks: {{B{place}: {{layers: {{r: ReLU}}}}}}\n"
        (tmp_path / f"u{place}.yaml").write_text(text)
    path = tmp_path / "net.yaml"
    path.write_text("input: [4, 4]\nuse: [u0.yaml, u1.yaml, u2.yaml]\nlayers: {b: B0}\n")
    assert refused(path).message == "the files that use each other are larger than 20 MB in all"


def test_source_has_a_size(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text("a\n" * 490_000)
    with pytest.raises(NnbuildError, match="more than 100,000 words and signs"):
        load(f"{path}:Net")
