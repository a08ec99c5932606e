"""Whatever a network does along the first axis, a run in batches and the engine's parts give what one piece gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnbuild import compile, nn, ops
from nnbuild.engine import batches
from nnbuild.errors import NnbuildError
from nnbuild.formats.array_source import ArraySource
from nnbuild.ops.nests import map_tensors, tensors_in
from nnbuild.ops.randomness import seed_noise
from nnbuild.runs.inference import Inference
from nnbuild.runs.inputs import Inputs
from tests.graph.test_samples import APART, TOGETHER, Net
from tests.ops.agreement import WRITING
from tests.ops.rows import ALL_ROWS
from tests.ops.table import Row


class _First(nn.Module):
    """The layer's first output."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Any) -> Any:
        return self.layer(x)[0]


LAYERS = {
    "batch statistics": (nn.BatchNorm1d(4, track_running_stats=False), (4, 3)),
    "LSTM, time first": (_First(nn.LSTM(3, 2)), (4, 3)),
    "GRU, batch first": (_First(nn.GRU(3, 2, batch_first=True)), (4, 3)),
    "attention, time first": (nn.TransformerEncoderLayer(4, 2, 8), (3, 4)),
    "attention, batch first": (nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), (3, 4)),
    "softmax without an axis": (nn.Softmax(), (4, 3)),
    "images": (nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(48, 5)), (2, 4, 4)),
}
NETWORKS = {name: (Net(forward), (4, 3)) for name, forward in APART.items()}
NETWORKS |= {name: (Net(forward), (4, 3)) for name, (forward, _) in TOGETHER.items() if name != "random"}
NETWORKS |= LAYERS


def _by_batches(model: nn.Module, x: np.ndarray) -> list[np.ndarray]:
    found: dict[str, list[np.ndarray]] = {}
    inference = Inference(model, Inputs(["x"], [ArraySource.of(Path("x.npy"), x)], True, []), 64)
    inference.run(
        lambda name, array: found.setdefault(name, []).append(array.copy()), lambda n: None, lambda text: None
    )
    return [arrays[0] if len(arrays) == 1 else np.concatenate(arrays) for arrays in found.values()]


def _same(found: list[np.ndarray], wanted: list[np.ndarray]) -> None:
    assert [array.shape for array in found] == [array.shape for array in wanted]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("samples", [1, 64, 65, 100])
@pytest.mark.parametrize("name", NETWORKS)
def test_batches_give_what_one_piece_gives(name, samples):
    model, shape = NETWORKS[name]
    model = model.eval()
    x = np.random.default_rng(1).normal(size=(samples, *shape)).astype(np.float32)
    try:
        wanted = tensors_in(model(x))
    except NnbuildError:
        return  # one sample is too few for this network, in one piece as well
    _same(_by_batches(model, x), wanted)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_engine_gives_what_the_ops_give(name, monkeypatch):
    monkeypatch.setattr(batches, "_LARGE", 6000)
    monkeypatch.setattr(batches, "_AT_ONCE", 2000)
    model, shape = NETWORKS[name]
    model = model.eval()
    x = np.random.default_rng(1).normal(size=(100, *shape)).astype(np.float32)
    _same(tensors_in(compile(model)(x)), tensors_in(model(x)))


def _rows() -> list[Row]:
    """The calls whose first tensor is one of numbers with fractions."""
    rows = [row for row in ALL_ROWS if ops.OPS[row.op] not in WRITING]
    firsts = [(row, next(iter(tensors_in(row.given())), None)) for row in rows]
    return [row for row, first in firsts if first is not None and first.dtype.kind == "f" and first.ndim and first.size]


class _Call(nn.Module):
    """The row's op with the input in place of its first tensor."""

    def __init__(self, row: Row) -> None:
        super().__init__()
        self.row = row

    def forward(self, input: Any) -> Any:
        seen: list[Any] = []

        def first(array: Any) -> Any:
            seen.append(array)
            return input if len(seen) == 1 else array

        args, options = map_tensors(first, self.row.given())
        return getattr(ops, self.row.op)(*args, **options)


def test_any_op_in_batches():
    """Every call with its first tensor grown to 100 rows, where it is taken so."""
    taken = 0
    for row in _rows():
        first = tensors_in(row.given())[0]
        x = np.concatenate([first + np.float32(0.01) * n for n in range(-(-100 // len(first)))])[:100]
        model = _Call(row).eval()
        try:
            seed_noise(0)
            wanted = tensors_in(model(x.copy()))
        except NnbuildError:
            continue
        taken += 1
        seed_noise(0)
        found = _by_batches(model, x)
        assert len(found) == len(wanted), row
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4, err_msg=str(row))
    assert taken > 300
