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
    weights: bool = True,
) -> SpecModule:
    """Build the network of a spec file, an ONNX file, a bundled spec, or a variant by its own name.

    Params: params, values for the spec's `params:` (text is read as the default's type); variant, one of `variants:`;
    choose, run-time choices; seed, of the default weights; weights, whether to load the weights that the file names or
    holds. Of an ONNX file the network is in evaluation mode.
    Raises: SpecError, or a ProblemList of several; WeightError; InputError for a file that cannot be read.
    """
    if is_foreign(Path(str(path_or_name))) and is_foreign(path := library.find(path_or_name).path):
        for what, given in (("params", params), ("variants", variant), ("choices", choose)):
            if given:
                raise SpecError(f"{path} has no {what}: only a spec has", hint="`nnbuild import` makes a spec of it")
        from nnbuild.nn import random

        random.manual_seed(seed)
        network: SpecModule = import_module(READERS[path.suffix.lower()]).read(path, weights=weights)
        return network
    return load_spec(path_or_name, params=params, variant=variant, choose=choose, seed=seed, weights=weights)
