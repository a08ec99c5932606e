"""The part of a file that is a network: all names behind one beginning, such as `state_dict.module.`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from nnbuild.errors import WeightError
from nnbuild.formats.tensors import FileTensor
from nnbuild.formats.weights import WeightsFile, behind
from nnbuild.nn.module import Module
from nnbuild.nn.uninitialized import is_lazy
from nnbuild.ops.nests import is_tensor
from nnbuild.words import listed

#: A count that files from before it was kept lack, and that no result depends on.
_OPTIONAL = "num_batches_tracked"

#: Parts of a file that are looked at, those with the most of the network's names, and dots of a name that are.
_MOST_PARTS, _MOST_DOTS = 100, 100

Shape = tuple[int, ...]


class Wanted(NamedTuple):
    """What a network wants. Params: shapes, by name, None for one that the weights decide; groups, the names of each
    tensor, of which one is enough.
    """

    shapes: dict[str, Shape | None]
    groups: list[list[str]]

    @classmethod
    def by(cls, model: Module) -> Wanted:
        """What the network wants."""
        tensors = {name: value for name, value in model.state_dict(keep_vars=True).items() if is_tensor(value)}
        names: dict[int, list[str]] = {}
        for name, tensor in tensors.items():
            names.setdefault(id(tensor), []).append(name)
        shapes = {name: None if is_lazy(tensor) else tensor.shape for name, tensor in tensors.items()}
        return cls(shapes, list(names.values()))


class Part(NamedTuple):
    """The tensors behind one beginning of their names, by the rest. Params: missing, groups' first names that it lacks;
    unexpected, names that the network lacks; misshaped, names in both with shapes that differ.
    """

    prefix: str
    tensors: dict[str, FileTensor]
    missing: list[str]
    unexpected: list[str]
    misshaped: list[str]

    @property
    def complete(self) -> bool:
        """Whether all that the network wants is there."""
        return not self.missing and not self.misshaped

    def refuse_unreadable(self, wanted: Wanted, path: Path) -> None:
        """Raise WeightError for a tensor that the network wants and that is none of real numbers."""
        for name, tensor in self.tensors.items():
            if name in wanted.shapes and (tensor.problem or tensor.dtype.startswith("complex")):
                problem = tensor.problem or f"holds {tensor.dtype}, not real numbers"
                raise WeightError(f"{self.prefix}{name} in {path} {problem}", hint=tensor.hint)

    @property
    def matched(self) -> int:
        """How many names are those of the network."""
        return len(self.tensors) - len(self.unexpected) - len(self.misshaped)


def fitting_part(file: WeightsFile, wanted: Wanted, key: str | None = None) -> Part:
    """The part of a file that fits, or comes nearest to it.

    Params: key, the part to look in; an empty one is all of the file as it is. Raises: WeightError where several fit,
    and where there is no such part.
    """
    within = f"{key.rstrip('.')}." if key else ""
    tensors = file.part(key) if key else file.tensors
    if key == "":
        return part_behind("", tensors, wanted)
    parts = [part_behind(prefix, tensors, wanted) for prefix in _prefixes(tensors, wanted)]
    complete = [part for part in parts if part.complete]
    if len({_places(part, wanted) for part in complete}) > 1:
        names = sorted((within + part.prefix for part in complete), key=len)
        raise WeightError(
            f"{file.path} holds {len(names)} sets of weights that fit: {listed(map(_shown, names))}",
            hint=f"choose one: --weights-key {next(filter(None, names)).rstrip('.')}",
        )
    best = max(complete or parts, key=lambda part: (part.matched, -len(part.unexpected)), default=None)
    return (best or part_behind("", tensors, wanted))._replace(prefix=within + (best.prefix if best else ""))


def _shown(prefix: str) -> str:
    return prefix.rstrip(".") or "all names as they are"


def part_behind(prefix: str, tensors: Mapping[str, FileTensor], wanted: Wanted) -> Part:
    """The tensors whose names begin so, beside what a network wants."""
    found = behind(tensors, prefix)
    missing = [
        group[0] for group in wanted.groups if not any(name in found for name in group) and not _optional(group[0])
    ]
    unexpected = [name for name in found if name not in wanted.shapes]
    misshaped = [
        name for name, tensor in found.items() if name in wanted.shapes and not _fits(tensor, wanted.shapes[name])
    ]
    return Part(prefix, found, missing, unexpected, misshaped)


def _optional(name: str) -> bool:
    return name.rpartition(".")[2] == _OPTIONAL


def _fits(tensor: FileTensor, shape: Shape | None) -> bool:
    return shape is None or tensor.shape == shape or (tensor.shape == (1,) and shape == ())


def _prefixes(tensors: Mapping[str, FileTensor], wanted: Wanted) -> list[str]:
    """What names begin with before one that the network wants, the most frequent ones."""
    counts: dict[str, int] = {}
    for name in tensors:
        if name.count(".") > _MOST_DOTS:
            continue
        start = 0
        for _ in range(_MOST_DOTS):
            if name[start:] in wanted.shapes:
                counts[name[:start]] = counts.get(name[:start], 0) + 1
            dot = name.find(".", start)
            if dot < 0:
                break
            start = dot + 1
    return sorted(counts, key=lambda prefix: (-counts[prefix], len(prefix)))[:_MOST_PARTS]


def _places(part: Part, wanted: Wanted) -> tuple[object, ...]:
    """Where the wanted tensors lie: the same for parts that are one."""
    return tuple(
        next((part.tensors[name].storage for name in group if name in part.tensors), None) for group in wanted.groups
    )
