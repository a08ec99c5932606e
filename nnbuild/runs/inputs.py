"""From files to a network's inputs: which file is which input, and whether shape and dtype fit what the spec says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from nnbuild.errors import InputError, suggestion
from nnbuild.formats.array_source import ArraySource
from nnbuild.formats.images import is_image, read_image
from nnbuild.formats.npy import open_arrays
from nnbuild.ops.spec import ITEM_SIZES
from nnbuild.spec.build.stated import BATCH, Input, Spec, agreed
from nnbuild.words import listed

#: An input's name, None where there is only one, and its file.
Given = tuple[str | None, Path]


class Inputs:
    """The inputs of one run.

    Params: sources, in the order of the network's inputs; names; samples, the size of the batch axis; batched, whether
    every input has that axis in front; notes, what the user should know of conversions; files, all that are read.
    """

    def __init__(
        self,
        names: list[str],
        sources: list[ArraySource],
        batched: bool,
        notes: list[str],
        files: Sequence[Path] = (),
    ) -> None:
        self.names = names
        self.sources = sources
        self.notes = notes
        self.files = files
        counts = {source.shape[0] for source in sources if source.shape}
        if batched and len(counts) > 1:
            sizes = ", ".join(f"{name} {source.shape}" for name, source in zip(names, sources, strict=True))
            raise InputError(f"the inputs have different numbers of samples: {sizes}")
        self.batched = batched and bool(counts)
        self.samples = counts.pop() if self.batched else 1


def gather(given: Sequence[Given], spec: Spec) -> Inputs:
    """The inputs from these files, or from the spec's example where none is given. Raises InputError."""
    stated = spec.inputs
    files = _by_name(given, stated) if given else _example(spec)
    read = [path for paths in files.values() for path in paths]
    notes: list[str] = []
    if not stated:
        sources = [_tensor(_source(name, paths, spec)) for name, paths in files.items()]
        return Inputs([name or "input" for name in files], sources, _same_length(sources), notes, read)
    missing = [input.name for input in stated if input.name not in files]
    if missing:
        hint = " ".join(f"--input {name}=file.npy" for name in missing)
        raise InputError(f"there is no file for the input {' and '.join(missing)}", hint=hint)
    sources = [_fitted(_source(input.name, files[input.name], spec), input, notes.append) for input in stated]
    agreed(stated, {input.name: source.shape for input, source in zip(stated, sources, strict=True)})
    batched = all(input.shape and input.shape[0] == BATCH for input in stated)
    return Inputs([input.name for input in stated], sources, batched, notes, read)


def _same_length(sources: list[ArraySource]) -> bool:
    return len({source.shape[:1] for source in sources}) == 1 and all(len(source.shape) > 1 for source in sources)


def _example(spec: Spec) -> dict[str, list[Path]]:
    if not spec.example:
        names = [input.name for input in spec.inputs]
        hint = " ".join(f"--input {name}=file.npy" for name in names) if len(names) > 1 else "--input file.npy"
        raise InputError("there is no input, and the spec has no example", hint=hint)
    return {name: [path] for name, path in spec.example.items()}


def _by_name(given: Sequence[Given], stated: Sequence[Input]) -> dict[str, list[Path]]:
    names = [input.name for input in stated]
    files: dict[str, list[Path]] = {}
    for place, (name, path) in enumerate(given):
        if name is None and not names:
            name = f"input{place}" if len(given) > 1 else "input"
        elif name is None:
            if len(names) > 1:
                named = " ".join(f"--input {each}=file.npy" for each in names)
                raise InputError(f"the network has {len(names)} inputs", hint=f"name them: {named}")
            name = names[0]
        if names and name not in names:
            hint = suggestion(name, names) or f"there are {listed(names)}"
            raise InputError(f"the network has no input {name!r}", hint=hint)
        files.setdefault(name, []).append(path)
    return files


def _source(name: str, paths: list[Path], spec: Spec) -> ArraySource:
    """The input's array; several files are put one behind the other."""
    sources = [_one_source(name, path, spec) for path in paths]
    if len(sources) == 1:
        return sources[0]
    if not all(source.shape and source.shape[1:] == sources[0].shape[1:] for source in sources):
        shapes = ", ".join(f"{source.path} {source.shape}" for source in sources)
        raise InputError(f"files for one input differ in shape: {shapes}")
    if any(source.dtype.kind not in "fiub" for source in sources):
        held = ", ".join(f"{source.path} {source.dtype}" for source in sources)
        raise InputError(f"files for one input hold other things than numbers: {held}")
    return _joined(sources)


def _joined(sources: list[ArraySource]) -> ArraySource:
    """One source of the items of all, read from each as they are wanted."""
    ends = list(accumulate(source.shape[0] for source in sources))
    dtype = np.result_type(*(source.dtype for source in sources))

    def part(start: int, stop: int) -> np.ndarray:
        found = []
        for source, end in zip(sources, ends, strict=True):
            begin = end - source.shape[0]
            if start < end and stop > begin:
                found.append(source.part(max(start, begin) - begin, min(stop, end) - begin))
        return np.concatenate(found, dtype=dtype)

    return ArraySource(sources[0].path, (ends[-1], *sources[0].shape[1:]), dtype, part)


def _one_source(name: str, path: Path, spec: Spec) -> ArraySource:
    if is_image(path):
        return ArraySource.of(path, read_image(path, spec.preprocess))
    arrays = open_arrays(path)
    if len(arrays) == 1:
        return next(iter(arrays.values()))
    if name not in arrays:
        raise InputError(
            f"{path} holds {len(arrays)} arrays and none is called {name}", hint=f"it has {listed(arrays)}"
        )
    return arrays[name]


def _tensor(source: ArraySource) -> ArraySource:
    """The source, if a network can take its values as they are. Raises InputError."""
    if source.dtype.name not in ITEM_SIZES:
        hint = f"these are taken: {', '.join(ITEM_SIZES)}"
        raise InputError(f"{source.path} holds {source.dtype}, which is no dtype of tensors", hint=hint)
    _refuse_empty(source)
    return source


def _refuse_empty(source: ArraySource) -> None:
    if not all(source.shape):
        raise InputError(f"{source.path} is empty: {source.shape}")


def _fitted(source: ArraySource, input: Input, note: Callable[[str], None]) -> ArraySource:
    """The source in the input's dtype and rank. Raises InputError where that cannot be."""
    change = _conversion(source, input, note)
    wanted = str(input)
    if (
        len(source.shape) == len(input.shape) - 1
        and input.shape[0] == BATCH
        and _matches(source.shape, input.shape[1:])
    ):
        note(f"{source.path} {source.shape} is taken as one sample of {wanted}")
        source = _as_one_sample(source)
    if len(source.shape) != len(input.shape):
        raise InputError(
            f"the input {input.name} has {len(input.shape)} axes, {wanted}, and {source.path} has "
            f"{len(source.shape)}: {source.shape}",
            hint=_axis_hint(source.shape, input.shape),
        )
    if len(input.shape) > 2 and isinstance(input.shape[1], int) and source.shape[1] != input.shape[1]:
        what = "channels" if len(input.shape) > 3 else "in its second axis"
        raise InputError(
            f"the input {input.name} has {input.shape[1]} {what}, {wanted}, and {source.path} has "
            f"{source.shape[1]}: {source.shape}",
            hint=_channel_hint(source.shape, input.shape),
        )
    _refuse_empty(source)
    read = source.part
    return ArraySource(source.path, source.shape, np.dtype(input.dtype), lambda start, stop: change(read(start, stop)))


def _as_one_sample(source: ArraySource) -> ArraySource:
    return ArraySource(
        source.path, (1, *source.shape), source.dtype, lambda start, stop: source.whole()[None][start:stop]
    )


def _matches(shape: tuple[int, ...], wanted: tuple[Any, ...]) -> bool:
    return all(isinstance(want, str) or size == want for size, want in zip(shape, wanted, strict=True))


def _axis_hint(shape: tuple[int, ...], wanted: tuple[Any, ...]) -> str | None:
    if len(shape) == len(wanted) - 1 and len(wanted) > 2 and wanted[1] == 1 and _matches(shape[1:], wanted[2:]):
        return "add the axis of channels: array[:, None]"
    if len(shape) == len(wanted) - 1:
        return "add the missing axis, as with array[None] for one sample"
    return None


def _channel_hint(shape: tuple[int, ...], wanted: tuple[Any, ...]) -> str | None:
    if shape[-1] == wanted[1] and len(shape) == 4:
        return "the channels seem to come last: array.transpose(0, 3, 1, 2)"
    if len(shape) == 3 and shape[2] == wanted[2]:
        return f"if this axis may have any length, say so in the spec: [N, T={wanted[1]}, {wanted[2]}]"
    return None


def _conversion(source: ArraySource, input: Input, note: Callable[[str], None]) -> Callable[[np.ndarray], np.ndarray]:
    """How the source's values become the input's dtype."""
    have, want = source.dtype, np.dtype(input.dtype)
    kinds = {"f": "fiub", "i": "iub", "u": "iub", "b": "b"}[want.kind]
    if have.kind not in kinds:
        hints = {"i": f"round them: array.astype({input.dtype!r})", "b": "compare: array != 0"}
        raise InputError(
            f"the input {input.name} is {input.dtype} and {source.path} holds {have}",
            hint=hints.get(want.kind) if have.kind in "fiub" else "give it an array of numbers",
        )
    if want.kind == "f" and have.kind in "iub":
        note(f"{source.path} holds {have}; its values are taken as they are, as {want}")
    if want.kind not in "iu" or np.can_cast(have, want):
        return lambda array: array.astype(want, copy=False)

    def narrowed(array: np.ndarray) -> np.ndarray:
        limits = np.iinfo(want)
        if array.size and (array.min() < limits.min or array.max() > limits.max):
            raise InputError(f"{source.path} holds numbers that {want} cannot hold")
        return array.astype(want)

    return narrowed
