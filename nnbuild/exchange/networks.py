"""From a SPEC, whatever its format, to a network: a file of another program by its ending, else a spec."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from nnbuild.errors import SpecError
from nnbuild.nn.module import Module
from nnbuild.spec import library
from nnbuild.spec.loading import load as load_spec

#: The modules that read other formats, by the files' endings: their `read(path, ...)` gives the network.
READERS = {".onnx": "nnbuild.exchange.onnx.reading", ".py": "nnbuild.exchange.pytorch.reading.network"}


def divided(name: str | Path) -> tuple[Path, str]:
    """`model.py:Net` as the file and what of it is meant."""
    file, colon, entry = str(name).partition(".py:")
    return (Path(f"{file}.py"), entry) if colon else (Path(name), "")


def is_foreign(name: str | Path) -> bool:
    """Whether this is a file of another program's format."""
    return divided(name)[0].suffix.lower() in READERS


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
) -> Module:
    """Build the network of a spec file, of PyTorch source (`model.py:Net`), an ONNX file, a bundled spec, or a variant
    by its own name.

    Params: params, values for the spec's `params:` (text is read as the default's type), or for the arguments of the
    class; variant, one of `variants:`; choose, run-time choices; seed, of the default weights; weights, a file of them,
    or whether to load those that the file names or holds; weights_key, the part of the file to take; strict, refuse a
    file that lacks tensors or has others; allow_outside, let a spec name files outside its
    folder. Of an ONNX file the network is in evaluation mode.
    Raises: SpecError, or a ProblemList of several; WeightError; InputError for a file that cannot be read.
    """
    if not is_foreign(path_or_name):
        return load_spec(
            path_or_name, params=params, variant=variant, choose=choose, seed=seed, weights=weights,
            weights_key=weights_key, strict=strict, allow_outside=allow_outside,
        )  # fmt: skip
    path, entry = divided(path_or_name)
    is_source = path.suffix.lower() == ".py"
    for what, given in (("params", None if is_source else params), ("variants", variant), ("choices", choose)):
        if given:
            raise SpecError(f"{path} has no {what}: only a spec has")
    own = {"entry": entry, "params": dict(params or {})} if is_source else {"weights": weights is True}
    return _foreign(library.find(path).path, own, seed, weights, weights_key, strict)


def _foreign(
    path: Path, own: dict[str, Any], seed: int, weights: bool | str | Path, key: str | None, strict: bool
) -> Module:
    from nnbuild.nn import random

    random.manual_seed(seed)
    network: Module = import_module(READERS[path.suffix.lower()]).read(path, **own)
    if not isinstance(weights, bool):
        from nnbuild.spec.weights import load_weights

        load_weights(network, Path(weights), key, strict)
    return network
