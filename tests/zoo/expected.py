"""What the 80 networks must be: facts of torchvision 0.28's builders, and their outputs with weights made by `rule`.

`expected.json.xz` holds, by name, `input` (a shape), `params`, `macs`, and `tensors`, the state_dict in order as lines
like "features.0.weight float32 [64,3,11,11]". `expected.npz` holds the 1000 logits for the input of the rule, float32.
"""

from __future__ import annotations

import json
import lzma
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

HERE = Path(__file__).parent


class Facts(NamedTuple):
    """What one network must be."""

    input: list[int]
    params: int
    macs: int
    tensors: list[str]


def _read() -> dict[str, Any]:
    return json.loads(lzma.decompress((HERE / "expected.json.xz").read_bytes()))


FACTS = {name: Facts(**facts) for name, facts in _read().items()}


@cache
def outputs() -> dict[str, np.ndarray]:
    """The reference's logits by network."""
    return dict(np.load(HERE / "expected.npz"))
