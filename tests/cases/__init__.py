"""The table of cases: for every layer its options, input and output shapes and parameter count.

A row is written as one writes the layer in PyTorch, so that the same text builds it in `torch.nn` and in `nnbuild.nn`:

    case("Conv2d(4, 6, 3, stride=2)", (2, 4, 9, 8), output=(2, 6, 4, 3), params=222)

The laws in tests/test_cases.py run over all rows; golden values come from PyTorch (tests/golden/make_layers.py).
A layer that PyTorch lacks has its values in its row, written by hand, on inputs and weights that are written too:

    case("Scaled(2)", given([[1, 2]]), output=(1, 2), params=2, weights={"weight": [3, 4]}, values=[[3, 8]])
"""

from __future__ import annotations

import importlib
import pkgutil
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nnbuild.graph import trace


class Case(NamedTuple):
    """One row. `output` is the shape of the output, or a list of the shapes of all output tensors.

    With `values` by hand, PyTorch is not asked.
    """

    layer: str
    inputs: tuple[Any, ...]
    output: Any
    params: int
    call: dict[str, Any]
    train: bool
    batched: bool
    values: Any
    weights: dict[str, Any]
    own: tuple[Callable[..., Any], ...]

    def __str__(self) -> str:
        sizes = " ".join("x".join(map(str, getattr(entry, "shape", entry))) for entry in self.inputs)
        called = "".join(f" {name}={value}" for name, value in self.call.items())
        return f"{self.layer} on {sizes}{called}{' training' if self.train else ''}"

    def arrays(self, dtype: str = "float32") -> list[np.ndarray]:
        """The input arrays, always the same for the same row."""
        rng = np.random.default_rng(zlib.crc32(str(self).encode()))
        return [
            entry.draw(rng) if hasattr(entry, "draw") else rng.standard_normal(entry).astype(dtype)
            for entry in self.inputs
        ]

    def build(self, nn: Any) -> Any:
        """The layer in this namespace, torch.nn or nnbuild.nn, in the row's mode."""
        names = {name: getattr(nn, name) for name in dir(nn) if name[:1].isupper()}
        layer = eval(self.layer, names | {layer.__name__: layer for layer in self.own})
        return layer.train(self.train)

    def filled(self, nn: Any) -> Any:
        """The layer of nnbuild.nn with its test weights."""
        layer = self.build(nn)
        if self.layer.startswith("Lazy"):
            trace(layer, *self.arrays(), **self.call)
        state = layer.state_dict()
        floats = {key: weight(key, array.shape) for key, array in state.items() if array.dtype == np.float32}
        written = {key: np.array(values, np.float32) for key, values in self.weights.items()}
        layer.load_state_dict({**state, **floats, **written})
        return layer


class integers(NamedTuple):  # noqa: N801
    """An input of whole numbers from 0 to below `high`."""

    shape: tuple[int, ...]
    high: int

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        return rng.integers(0, self.high, self.shape, dtype=np.int64)


class given(NamedTuple):  # noqa: N801
    """An input of these values in single precision."""

    values: Any

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.values)

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        return np.array(self.values, np.float32)


def case(
    layer: str,
    *inputs: Any,
    output: Any,
    params: int = 0,
    call: dict[str, Any] | None = None,
    train: bool = False,
    batched: bool = True,
    values: Any = None,
    weights: dict[str, Any] | None = None,
    own: tuple[Callable[..., Any], ...] = (),
) -> Case:
    """A row.

    Params: inputs, shapes of float inputs, `integers` or `given`; call, further arguments of the call; train, training
    mode; batched, whether the first axis of inputs and outputs is a batch whose entries do not touch each other;
    values, those of the output, or a list of those of all output tensors where `output` is a list, for a layer that
    PyTorch lacks; weights, by their keys, in place of drawn ones; own, layers of the row that are not in `nnbuild.nn`.
    """
    return Case(layer, inputs, output, params, call or {}, train, batched and not train, values, weights or {}, own)


def weight(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """The values that a float tensor of a state_dict gets in the tests, by its key alone."""
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    if key.endswith("running_var"):
        return (0.5 + rng.random(shape)).astype(np.float32)
    return (rng.standard_normal(shape) / np.sqrt(max(1, np.prod(shape[1:])))).astype(np.float32)


def all_cases() -> list[Case]:
    """The rows of every file in this folder."""
    modules = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    return [row for module in modules for row in module.CASES]
