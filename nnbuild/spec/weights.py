"""Loading a file of weights into a network."""

from __future__ import annotations

from pathlib import Path

from nnbuild.errors import WeightError
from nnbuild.formats import read_weights
from nnbuild.lazy import np
from nnbuild.nn.module import Module


def load_weights(model: Module, path: str | Path) -> None:
    """Copy the arrays of a file into the parameters and buffers of the same names.

    Of a tensor that has several names one in the file is enough: safetensors writes no more.

    Raises: WeightError with all that does not fit, in torch's words, or for a file that cannot be read.
    """
    arrays = read_weights(Path(path))
    try:
        model.load_state_dict({**_by_other_names(model, arrays), **arrays})
    except WeightError as error:
        error.notes.append(f"the weights are those in {path}")
        error.hint = error.hint or _prefix_advice(list(model.state_dict(keep_vars=True)), list(arrays))
        raise


def _by_other_names(model: Module, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays by all the names that their tensors have in the network."""
    names: dict[int, list[str]] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        names.setdefault(id(tensor), []).append(name)
    groups = ((group, next((name for name in group if name in arrays), None)) for group in names.values())
    return {name: arrays[known] for group, known in groups if known is not None for name in group}


def _prefix_advice(names: list[str], given: list[str]) -> str | None:
    """What to do where the names differ only in how all of one side begin."""
    prefix = _prefix(given, names)
    if prefix:
        return f"all names in the file have the prefix {prefix!r}: save them as name.removeprefix({prefix!r})"
    prefix = _prefix(names, given)
    return f"those in the file lack the prefix {prefix!r} of the network's names: save them with it" if prefix else None


def _prefix(long: list[str], short: list[str]) -> str | None:
    """What all the long names begin with, if without it they are among the short ones."""
    if not long or not set(long).isdisjoint(short):
        return None
    ends = [place + 1 for place, letter in enumerate(long[0]) if letter == "."]
    for prefix in (long[0][:end] for end in ends):
        bare = {name.removeprefix(prefix) for name in long}
        if all(name.startswith(prefix) for name in long) and not bare.isdisjoint(short):
            return prefix
    return None
