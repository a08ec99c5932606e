"""From a SPEC, whatever its format, to a network: a file of another program by its ending, else a spec."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.spec import library
from nnbuild.spec.build.module import SpecModule
from nnbuild.spec.loading import load as load_spec
from nnbuild.spec.weights import load_weights

#: The modules that read other formats, by the files' endings: their `read(path, weights=...)` gives the network.
READERS = {".onnx": "nnbuild.exchange.onnx.reading"}


def is_foreign(path: Path) -> bool:
    """Whether the file is of another program's format."""
    return path.suffix.lower() in READERS


def load(
    path_or_name: str | Path,
    *,
    params: Mapping[str, Any] | None = None,
    variant: str | None = None,
    choose: Mapping[str, Any] | None = None,
    seed: int = 0,
    weights: bool | str | Path = True,
    weights_key: str | None = None,
    strict: bool = True,
    allow_outside: bool = False,
) -> SpecModule:
    """Build the network of a spec file, an ONNX file, a bundled spec, or a variant by its own name.

    Params: params, values for the spec's `params:` (text is read as the default's type); variant, one of `variants:`;
    choose, run-time choices; seed, of the default weights; weights, a file of them, or whether to load those that the
    spec names or the file holds; weights_key, the part of that file to take; strict, refuse a file that lacks tensors
    or has others; allow_outside, let the spec name files outside its folder. Of an ONNX file the network is in evaluation
    mode.
    Raises: SpecError, or a ProblemList of several; WeightError; InputError for a file that cannot be read.
    """
    if is_foreign(Path(str(path_or_name))) and is_foreign(path := library.find(path_or_name).path):
        for what, given in (("params", params), ("variants", variant), ("choices", choose)):
            if given:
                raise SpecError(f"{path} has no {what}: only a spec has", hint="`nnbuild import` makes a spec of it")
        from nnbuild.nn import random

        random.manual_seed(seed)
        network: SpecModule = import_module(READERS[path.suffix.lower()]).read(path, weights=weights is not False)
        if not isinstance(weights, bool):
            load_weights(network, weights, weights_key, strict)
        return network
    return load_spec(
        path_or_name, params=params, variant=variant, choose=choose, seed=seed, weights=weights,
        weights_key=weights_key, strict=strict, allow_outside=allow_outside,
    )  # fmt: skip
