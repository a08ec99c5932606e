"""Files whose bytes change at random: only errors of our own come out, and soon."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from nnbuild.errors import NnbuildError
from tests.hostile.files.mutation import array_files, image_files, mutated, read

#: Cases of each kind of file, and seconds that one may take.
QUICK, THOROUGH, SECONDS = 25, 3000, 5


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    pytest.importorskip("PIL.Image")
    return {**array_files(tmp_path_factory.mktemp("made")), **image_files()}


def run(folder: Path, kind: str, honest: dict[str, bytes], cases: int, seed: int) -> Counter[str]:
    """How many cases were read and how many refused."""
    draw, path, outcomes = random.Random(f"{kind}{seed}"), folder / f"file.{kind}", Counter[str]()
    for case in range(cases):
        data = mutated(honest[kind], draw, list(honest.values()))
        path.write_bytes(data)
        started = time.monotonic()
        try:
            read(path)
            outcomes["read"] += 1
        except NnbuildError as error:
            assert error.render()
            outcomes["refused"] += 1
        except BaseException as error:
            pytest.fail(f"case {case} of {kind}, seed {seed}: {error!r}; the file is {data!r}")
        assert time.monotonic() - started < SECONDS, f"case {case} of {kind}, seed {seed}: {data!r}"
    return outcomes


KINDS = (
    "rows.npy", "columns.npy", "stored.npz", "deflated.npz", "safetensors", "pth", "png", "palette.png", "jpg",
    "progressive.jpg", "bmp", "webp", "lossless.webp", "gif", "frames.gif", "tif", "lzw.tif", "jpeg.tif",
)  # fmt: skip


def test_the_kinds_are_all(honest: dict[str, bytes], tmp_path: Path) -> None:
    assert set(KINDS) == set(honest)
    for kind, data in honest.items():
        (tmp_path / f"file.{kind}").write_bytes(data)
        read(tmp_path / f"file.{kind}")


@pytest.mark.parametrize("kind", KINDS)
def test_some_changes(tmp_path: Path, honest: dict[str, bytes], kind: str) -> None:
    assert run(tmp_path, kind, honest, QUICK, 0)["refused"]


@pytest.mark.large
@pytest.mark.parametrize("kind", KINDS)
def test_many_changes(tmp_path: Path, honest: dict[str, bytes], kind: str) -> None:
    outcomes = run(tmp_path, kind, honest, THOROUGH, 1)
    assert outcomes.total() == THOROUGH and outcomes["refused"] > THOROUGH // 10
