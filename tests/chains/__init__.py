"""Random chains of one to three layers of all kinds, with sensible and silly options, on inputs of random shapes.

A chain is drawn of its number alone, so that one that a test names can be looked at: `chain(4711)`. Its text builds it
in `torch.nn` and in a spec alike.
"""

from __future__ import annotations

import random
import re
from typing import Any, NamedTuple

from nnbuild import nn
from nnbuild.graph import trace
from nnbuild.nn.options import REQUIRED, Option
from nnbuild.ops import TensorSpec
from tests.spec.conftest import evaluate

SIZES = (1, 2, 3, 4, 6, 8)
DTYPES = ("float32",) * 16 + ("int64", "int64", "float64", "int32", "bool", "uint8")

#: Options that a fitting layer takes from its input.
_CHANNELS = ("in_channels", "num_features", "num_channels", "num_parameters")
_FEATURES = ("in_features", "in1_features", "in2_features", "input_size", "embed_dim", "d_model", "normalized_shape")

_CONTAINERS = (
    "ModuleList([ReLU()])", "ModuleDict({'a': ReLU()})", "ParameterList([])", "ParameterDict({})",
    "Sequential()", "Sequential(ReLU(), Flatten())", "Sequential(Identity(), Sequential(Tanh()))",
)  # fmt: skip

#: Layers whose options are layers.
_NESTS = {
    "TransformerEncoder": "TransformerEncoder(TransformerEncoderLayer({d}, {heads}, 5), {count})",
    "TransformerDecoder": "TransformerDecoder(TransformerDecoderLayer({d}, {heads}, 5), {count})",
    "Transformer": "Transformer({d}, {heads}, {count}, 1, 5)",
}
_SKIPPED = ("device", "dtype", "process_group", "activation", "num_batches")


class Chain(NamedTuple):
    """Layers in a row, as one writes them, and the input that they get."""

    number: int
    layers: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: str
    training: bool

    @property
    def text(self) -> str:
        """The chain as one writes it, in a spec or in PyTorch."""
        return f"Sequential({', '.join(self.layers)})"

    def __str__(self) -> str:
        return f"{self.number}: {self.text} on {self.dtype} {self.shape}{' training' if self.training else ''}"


def build(text: str, training: bool) -> Any:
    """The network of a text, as a spec makes it."""
    return evaluate(text).train(training)


def chain(number: int) -> Chain:
    """The chain of this number."""
    rng = random.Random(number)
    names = [_layer_name(rng) for _ in range(rng.choice((1, 1, 2, 2, 3)))]
    shape, dtype, training = _shape(rng, names[0]), _dtype(rng, names[0]), rng.random() < 0.3
    layers: list[str] = []
    values: Any = TensorSpec(shape, dtype)
    for name in names:
        fitting = getattr(values, "shape", shape)
        if layers and rng.random() < 0.9:
            name = _fitting_name(rng, len(fitting))
        layers.append(_written(rng, name, fitting))
        values = _after(layers[-1], values, training)
    return Chain(number, tuple(layers), shape, dtype, training)


def _after(layer: str, values: Any, training: bool) -> Any:
    """What the layer gives, for the next one to fit; the same as before where it refuses."""
    try:
        return trace(build(layer, training), values).result
    except Exception:
        return values


def _layer_name(rng: random.Random) -> str:
    return rng.choice([name for name in nn.LAYERS if name not in _EINOPS])


def _fitting_name(rng: random.Random, rank: int) -> str:
    """A layer that takes inputs of so many axes, as far as its name tells."""
    while True:
        name = _layer_name(rng)
        axes = _axes(name)
        if axes is None or rank in (axes + 1, axes + 2):
            return name


def _axes(name: str) -> int | None:
    found = re.search(r"(\d)d$", name)
    return int(found[1]) if found else None


def _shape(rng: random.Random, name: str) -> tuple[int, ...]:
    axes = _axes(name)
    usual = rng.choice((axes + 2, axes + 2, axes + 1)) if axes else rng.choice((2, 2, 3, 3, 4))
    rank = usual if rng.random() < 0.93 else rng.randrange(6)
    return tuple(0 if rng.random() < 0.005 else rng.choice(SIZES) for _ in range(rank))


def _dtype(rng: random.Random, name: str) -> str:
    return "int64" if name.startswith("Embedding") and rng.random() < 0.8 else rng.choice(DTYPES)


def _written(rng: random.Random, name: str, shape: tuple[int, ...]) -> str:
    """The layer with drawn options."""
    kind = getattr(nn, name)
    if not hasattr(kind, "options"):
        return rng.choice(_CONTAINERS)
    if name in _NESTS:
        return _NESTS[name].format(d=_fitted(rng, shape, -1), heads=rng.choice((1, 1, 2)), count=rng.choice((1, 2, 0)))
    options = [
        f"{option.name}={_value(rng, option, _axes(name) or 2, shape, name)}"
        for option in kind.options()
        if option.name not in _SKIPPED and (option.default is REQUIRED or rng.random() < 0.25)
    ]
    return f"{name}({', '.join(options)})"


def _fitted(rng: random.Random, shape: tuple[int, ...], axis: int) -> int:
    """The input's size along the axis, mostly."""
    if rng.random() < 0.92 and -len(shape) <= axis < len(shape):
        return shape[axis]
    return _whole(rng)


def _whole(rng: random.Random) -> int:
    return rng.choice((1, 1, 1, 2, 2, 2, 3, 4)) if rng.random() < 0.95 else rng.choice((0, -1, -2, 5, 7))


def _number(rng: random.Random) -> float:
    return (
        rng.choice((0, 0.1, 0.25, 0.5, 1, 1.0, 2, 3.0)) if rng.random() < 0.95 else rng.choice((-1, -0.5, 1e-30, 1e30))
    )


def _value(rng: random.Random, option: Option, axes: int, shape: tuple[int, ...], name: str) -> Any:
    """A value for the option, of its type."""
    if option.name in _CHANNELS:
        return _fitted(rng, shape, -axes - 1 if _axes(name) and rng.random() < 0.9 else 1)
    if option.name in _FEATURES:
        return _fitted(rng, shape, -1)
    kind = rng.choice(
        [part.strip() for part in re.sub(r"\[.*?\]", lambda m: m[0].replace("|", ""), option.type).split("|")]
    )
    if kind.startswith("Literal["):
        return rng.choice(kind.removeprefix("Literal[").removesuffix("]").split(", "))
    draw = _DRAWS[kind]
    return draw(rng, axes)


def _several(rng: random.Random, axes: int, draw: Any) -> Any:
    """One value, or one an axis, seldom too many or too few of them."""
    if rng.random() < 0.6:
        return draw(rng)
    count = axes if rng.random() < 0.9 else rng.choice((1, 2, 3, 4, 2 * axes))
    return tuple(draw(rng) for _ in range(count))


#: Layers that torch, the judge, does not have.
_EINOPS = frozenset(("Rearrange", "Reduce"))

_DRAWS: dict[str, Any] = {
    "int": lambda rng, axes: _whole(rng),
    "float": lambda rng, axes: _number(rng),
    "bool": lambda rng, axes: rng.random() < 0.5,
    "Bias": lambda rng, axes: rng.random() < 0.5,
    "None": lambda rng, axes: None,
    "Sizes": lambda rng, axes: _several(rng, axes, _whole),
    "OptionalSizes": lambda rng, axes: _several(rng, axes, lambda rng: rng.choice((None, _whole(rng)))),
    "Numbers": lambda rng, axes: _several(rng, axes, _number),
}
