"""From files to a network's inputs: which file is which input, and whether shape and dtype fit what the spec says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np

from nnbuild.errors import InputError, suggestion
from nnbuild.formats.array_source import ArraySource
from nnbuild.formats.images import is_image
from nnbuild.formats.memory import in_gigabytes
from nnbuild.formats.npy import open_arrays
from nnbuild.runs.files import expanded
from nnbuild.runs.fitting import as_tensor, fitted
from nnbuild.runs.pictures import Pictures
from nnbuild.spec.build.stated import BATCH, Input, Spec, agreed
from nnbuild.words import listed

#: Bytes of an array that a spec brings along as its example.
MAX_EXAMPLE = 1 << 26

#: An input's name, None where there is only one, and its file.
Given = tuple[str | None, Path]


class Inputs:
    """The inputs of one run.

    Params: sources, in the order of the network's inputs; names; samples, the size of the batch axis; batched, whether
    every input has that axis in front; notes, what the user should know of conversions; files, all that are read;
    pictures, the images among them.
    """

    def __init__(
        self,
        names: list[str],
        sources: list[ArraySource],
        batched: bool,
        notes: list[str],
        files: Sequence[Path] = (),
        pictures: Sequence[Pictures] = (),
    ) -> None:
        self.names = names
        self.sources = sources
        self.notes = notes
        self.files = files
        self.pictures = pictures
        counts = {source.shape[0] for source in sources if source.shape}
        if batched and len(counts) > 1:
            sizes = ", ".join(f"{name} {source.shape}" for name, source in zip(names, sources, strict=True))
            raise InputError(f"the inputs have different numbers of samples: {sizes}")
        self.batched = batched and bool(counts)
        self.samples = counts.pop() if self.batched else 1

    @property
    def sample_files(self) -> list[str]:
        """The file of each sample, where each is a file of its own."""
        found = next((pictures.paths for pictures in self.pictures), self.files)
        return [str(path) for path in found] if self.batched and len(found) == self.samples else []

    def notes_on_pictures(self) -> Iterator[str]:
        """What was done with images that their owner may not expect, as far as they are read."""
        for pictures in self.pictures:
            for note, paths in pictures.notes.items():
                more = f" (and so for {len(paths) - 1:,} more)" if len(paths) > 1 else ""
                yield f"{paths[0]} {note}{more}"


def gather(given: Sequence[Given], spec: Spec) -> Inputs:
    """The inputs from these files, or from the spec's example where none is given. Raises InputError."""
    stated = spec.inputs
    files = _by_name(_expanded(given), stated) if given else _example(spec)
    read = list(dict.fromkeys(path for paths in files.values() for path in paths))
    reading = _Reading(spec)
    notes: list[str] = []
    if not stated:
        sources = [as_tensor(reading.source(name, paths, None)) for name, paths in files.items()]
        return Inputs(
            [name or "input" for name in files], sources, _same_length(sources), notes, read, reading.pictures
        )
    missing = [input.name for input in stated if input.name not in files]
    if missing:
        hint = " ".join(f"--input {name}=file.npy" for name in missing)
        raise InputError(f"there is no file for the input {' and '.join(missing)}", hint=hint)
    sources = [fitted(reading.source(input.name, files[input.name], input), input, notes.append) for input in stated]
    agreed(stated, {input.name: source.shape for input, source in zip(stated, sources, strict=True)})
    batched = all(input.shape and input.shape[0] == BATCH for input in stated)
    return Inputs([input.name for input in stated], sources, batched, notes, read, reading.pictures)


def _expanded(given: Sequence[Given]) -> list[Given]:
    return [(name, file) for name, path in given for file in expanded(path)]


def _same_length(sources: list[ArraySource]) -> bool:
    return len({source.shape[:1] for source in sources}) == 1 and all(len(source.shape) > 1 for source in sources)


def _example(spec: Spec) -> dict[str, list[Path]]:
    if not spec.example:
        names = [input.name for input in spec.inputs]
        hint = " ".join(f"--input {name}=file.npy" for name in names) if len(names) > 1 else "--input file.npy"
        raise InputError("there is no input, and the spec has no example", hint=hint)
    for name, path in spec.example.items():
        if not is_image(path):
            _refuse_large_example(path, _array(name, path))
    return {name: [path] for name, path in spec.example.items()}


def _by_name(given: Sequence[Given], stated: Sequence[Input]) -> dict[str, list[Path]]:
    names = [input.name for input in stated]
    files: dict[str, list[Path]] = {}
    for place, (name, path) in enumerate(given):
        if name is None and not names:
            name = f"input{place}" if len(given) > 1 else "input"
        elif name is None:
            if len(names) > 1 and _holds_all(path, names):
                for each in names:
                    files.setdefault(each, []).append(path)
                continue
            if len(names) > 1:
                named = " ".join(f"--input {each}=file.npy" for each in names)
                raise InputError(f"the network has {len(names)} inputs", hint=f"name them: {named}")
            name = names[0]
        if names and name not in names:
            hint = suggestion(name, names) or f"there are {listed(names)}"
            raise InputError(f"the network has no input {name!r}", hint=hint)
        files.setdefault(name, []).append(path)
    return files


def _holds_all(path: Path, names: list[str]) -> bool:
    """Whether the file has an array for each input."""
    return path.suffix in (".npz", ".npy") and set(names) <= set(open_arrays(path))


class _Reading:
    """Opens the files of the inputs. Params: pictures, the images so far."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self.pictures: list[Pictures] = []

    def source(self, name: str, paths: list[Path], input: Input | None) -> ArraySource:
        """The input's array; several files are put one behind the other."""
        if all(map(is_image, paths)):
            return self._images(paths, input)
        return _behind_each_other(
            [self._images([path], input) if is_image(path) else _array(name, path) for path in paths]
        )

    def _images(self, paths: list[Path], input: Input | None) -> ArraySource:
        self.pictures.append(Pictures(paths, input, self._spec))
        return self.pictures[-1].source()


def _behind_each_other(sources: list[ArraySource]) -> ArraySource:
    if len(sources) == 1:
        return sources[0]
    if not all(source.shape and source.shape[1:] == sources[0].shape[1:] for source in sources):
        shapes = ", ".join(f"{source.path} {source.shape}" for source in sources)
        raise InputError(f"files for one input differ in shape: {shapes}")
    if any(source.dtype.kind not in "cfiub" for source in sources):
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


def _refuse_large_example(path: Path, source: ArraySource) -> None:
    if source.nbytes > MAX_EXAMPLE:
        held = f"{in_gigabytes(source.nbytes)}, and examples of {in_gigabytes(MAX_EXAMPLE)} are taken at most"
        raise InputError(f"the example {path} holds {held}", hint=f"--input {path}")


def _array(name: str, path: Path) -> ArraySource:
    arrays = open_arrays(path)
    if len(arrays) == 1:
        return next(iter(arrays.values()))
    if name not in arrays:
        raise InputError(
            f"{path} holds {len(arrays)} arrays and none is called {name}", hint=f"it has {listed(arrays)}"
        )
    return arrays[name]
