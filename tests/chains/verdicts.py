"""What becomes of a chain: here, traced and computed, and in PyTorch."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from nnbuild.graph import trace
from nnbuild.ops import TensorSpec
from nnbuild.ops.op import tensors_in
from tests.chains import Chain, Verdict, build, refusal


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
        return refusal(error)
    return Verdict([value.shape for value in graph.outputs])


def computed(chain: Chain) -> Verdict:
    """The verdict of a forward pass on numbers."""
    try:
        result = build(chain.text, chain.training)(array(chain))
    except Exception as error:
        return refusal(error)
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
        return refusal(error)
    return Verdict([tuple(tensor.shape) for tensor in _tensors(result, torch.Tensor)])


def _tensors(value: Any, kind: type) -> list[Any]:
    if isinstance(value, tuple | list):
        return [tensor for item in value for tensor in _tensors(item, kind)]
    return [value] if isinstance(value, kind) else []
