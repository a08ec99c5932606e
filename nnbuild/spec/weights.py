"""Loading a file of weights into a network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnbuild.errors import InputError, WeightError
from nnbuild.formats import ArraySource, open_weights
from nnbuild.formats.memory import available_memory, in_gigabytes
from nnbuild.lazy import np
from nnbuild.nn.module import Module
from nnbuild.nn.uninitialized import is_lazy


def load_weights(model: Module, path: str | Path) -> None:
    """Copy the arrays of a file into the parameters and buffers of the same names; no others are read from it.

    Of a tensor that has several names one in the file is enough: safetensors writes no more.

    Raises: WeightError with all that does not fit, in torch's words, or for a file that cannot be read.
    """
    path = Path(path)
    sources, tensors = open_weights(path), model.state_dict(keep_vars=True)
    try:
        model.load_state_dict(_arrays({**_by_other_names(tensors, sources), **sources}, tensors, path))
    except InputError as error:
        raise WeightError(f"the weights file {error.message}", hint=error.hint) from None
    except WeightError as error:
        error.notes.append(f"the weights are those in {path}")
        error.hint = error.hint or _prefix_advice(list(tensors), list(sources))
        raise


def _by_other_names(tensors: Mapping[str, Any], sources: Mapping[str, ArraySource]) -> dict[str, ArraySource]:
    """The arrays by all the names that their tensors have in the network."""
    names: dict[int, list[str]] = {}
    for name, tensor in tensors.items():
        names.setdefault(id(tensor), []).append(name)
    groups = ((group, next((name for name in group if name in sources), None)) for group in names.values())
    return {name: sources[known] for group, known in groups if known is not None for name in group}


def _arrays(sources: Mapping[str, ArraySource], tensors: Mapping[str, Any], path: Path) -> dict[str, np.ndarray]:
    """The arrays that fit by name and size; in place of another, nothing of its shape."""
    fitting = {id(source): source for name, source in sources.items() if _fits(source, tensors.get(name))}
    size = sum(source.nbytes for source in fitting.values())
    if size > available_memory():
        free = in_gigabytes(available_memory())
        raise InputError(f"{path} holds {in_gigabytes(size)} for the network, and {free} of memory are free")
    read = {key: source.whole() for key, source in fitting.items()}
    return {
        name: read[id(source)] if id(source) in read else np.broadcast_to(np.zeros((), source.dtype), source.shape)
        for name, source in sources.items()
    }


def _fits(source: ArraySource, tensor: Any) -> bool:
    if tensor is None:
        return False
    return is_lazy(tensor) or source.shape == tensor.shape or (source.shape == (1,) and tensor.shape == ())


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
