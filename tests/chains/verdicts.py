"""What becomes of a chain: here, traced and computed, and in PyTorch."""

from __future__ import annotations

import re
import warnings
from typing import Any, NamedTuple

import numpy as np

from nnbuild.errors import NnbuildError
from nnbuild.graph import trace
from nnbuild.ops import TensorSpec
from nnbuild.ops.nests import tensors_in
from tests.chains import Chain, build


class Verdict(NamedTuple):
    """What came of a chain: the shapes of its outputs, or None and the error that refused it."""

    shapes: list[tuple[int, ...]] | None
    error: Exception | None = None

    @property
    def why(self) -> str:
        """The error in a line."""
        return "" if self.error is None else f"{type(self.error).__name__}: {self.error}".splitlines()[0]

    @property
    def raw(self) -> bool:
        """Whether the error is one that no user of a spec may see."""
        return self.error is not None and not isinstance(self.error, NnbuildError)


#: Where PyTorch is not followed. It counts the channels of a lazy instance norm without a batch along the wrong axis,
#: and takes the mean of three axes, whatever they are, for AdaptiveAvgPool3d(1).
_OWN_WAYS = (
    (r"LazyInstanceNorm", r"to match num_features|running_mean should contain"),
    (r"AdaptiveAvgPool3d\(output_size=(1|\(1, 1, 1\))\)", r"AdaptiveAvgPool3d wants an input of 5 axes"),
)


def differ(chain: Chain, ours: Verdict, theirs: Verdict) -> bool:
    """Whether one accepts what the other refuses, or the shapes are not the same."""
    if ours.shapes == theirs.shapes:
        return False
    reasons = f"{ours.why} {theirs.why}"
    return not any(re.search(layer, chain.text) and re.search(words, reasons) for layer, words in _OWN_WAYS)


def array(chain: Chain) -> np.ndarray:
    """The chain's input: small numbers, from 0 on where they are whole."""
    rng = np.random.default_rng(chain.number)
    if chain.dtype.startswith("float"):
        return rng.standard_normal(chain.shape).astype(chain.dtype)
    return rng.integers(0, 2, chain.shape).astype(chain.dtype)


def traced(chain: Chain) -> Verdict:
    """The verdict of a trace."""
    try:
        graph = trace(build(chain.text, chain.training), TensorSpec(chain.shape, chain.dtype))
    except Exception as error:
        return Verdict(None, error)
    return Verdict([value.shape for value in graph.outputs])


def computed(chain: Chain) -> Verdict:
    """The verdict of a forward pass on numbers."""
    try:
        result = build(chain.text, chain.training)(array(chain))
    except Exception as error:
        return Verdict(None, error)
    return Verdict([value.shape for value in tensors_in(result)])


def torchs(chain: Chain) -> Verdict:
    """The verdict of PyTorch on the same numbers."""
    import torch

    names = {name: getattr(torch.nn, name) for name in dir(torch.nn) if name[:1].isupper()}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            torch.manual_seed(0)
            network = eval(chain.text, names).train(chain.training)
            result = network(torch.from_numpy(array(chain)))
    except Exception as error:
        return Verdict(None, error)
    return Verdict([tuple(tensor.shape) for tensor in _tensors(result, torch.Tensor)])


def _tensors(value: Any, kind: type) -> list[Any]:
    if isinstance(value, tuple | list):
        return [tensor for item in value for tensor in _tensors(item, kind)]
    return [value] if isinstance(value, kind) else []
