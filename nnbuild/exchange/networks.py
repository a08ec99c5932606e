"""What a SPEC may be: a spec, PyTorch source, ... Whatever it is becomes a network here, and only here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.nn.module import Module

#: The ends of names of files that are no specs, and what reads them: `load(name, params=..., seed=..., weights=...)`.
READERS = {".py": "nnbuild.exchange.pytorch.reading.network"}


def reader_of(name: str | Path) -> Any:
    """What reads the file of this name, behind which `:NAME` may stand; None for specs."""
    text = str(name)
    for suffix, module in READERS.items():
        if text.endswith(suffix) or f"{suffix}:" in text:
            return import_module(module)
    return None


def load(
    path_or_name: str | Path,
    *,
    params: Mapping[str, Any] | None = None,
    variant: str | None = None,
    choose: Mapping[str, Any] | None = None,
    seed: int = 0,
    weights: bool = True,
) -> Any:
    """Build the network of a spec file, a bundled spec, a variant by its own name, or of source: `model.py:Net`.

    Params: params, values for the spec's `params:` (text is read as the default's type), or for the arguments of the
    class; variant, one of `variants:`; choose, run-time choices; seed, of the default weights; weights, whether to load
    the spec's `weights:` file.
    Raises: SpecError, or a ProblemList of several; WeightError.
    """
    reader = reader_of(path_or_name)
    if reader is None:
        from nnbuild.spec.loading import load as load_spec

        return load_spec(path_or_name, params=params, variant=variant, choose=choose, seed=seed, weights=weights)
    for what, given in (("variants", variant), ("choices", choose)):
        if given:
            raise SpecError(f"{path_or_name} has no {what}: only specs have", hint="arguments are given with --set")
    model: Module = reader.load(str(path_or_name), params=dict(params or {}), seed=seed)
    return model
