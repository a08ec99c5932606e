"""Loading a file of weights into a network."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from nnbuild.errors import InputError, WeightError
from nnbuild.formats.tensors import FileTensor
from nnbuild.formats.weights import open_weights
from nnbuild.nn.module import Module
from nnbuild.nn.parameter import Buffer
from nnbuild.spec.weights.differences import grouped, misfit
from nnbuild.spec.weights.fit import Part, Wanted, fitting_part


class Loaded(NamedTuple):
    """What was loaded. Params: path, the file; part, its tensors; left, names outside the part; missing, unexpected,
    what the network and the part have alone, which `strict` refuses.
    """

    path: Path
    part: Part
    left: list[str]
    missing: list[str]
    unexpected: list[str]

    @property
    def notes(self) -> list[str]:
        """Sentences on what a person may not expect."""
        notes = []
        if self.part.prefix:
            notes.append(f"the weights are those under {self.part.prefix.rstrip('.')!r} in {self.path}")
        if self.left:
            notes.append(f"the rest of {self.path} is left: {grouped(self.left)}")
        if self.missing:
            notes.append(f"these are not in {self.path} and stay as they were drawn: {grouped(self.missing)}")
        if self.unexpected:
            notes.append(f"these in {self.path} are not of the network and are left: {grouped(self.unexpected)}")
        return notes


def load_weights(model: Module, path: str | Path, key: str | None = None, strict: bool = True) -> Loaded:
    """Copy the tensors of a file into the parameters and buffers of the same names.

    The names may all begin alike, as in `state_dict.module.`, where one such part of the file fits the network. Of a
    tensor that has several names one in the file is enough: safetensors writes no more.

    Params: key, the part of the file to take; strict, refuse names that only the network or only the part has.
    Raises: WeightError with all that does not fit, in torch's words, or for a file that cannot be read.
    """
    file = open_weights(Path(path))
    wanted = Wanted.by(model)
    part = fitting_part(file, wanted, key)
    part.refuse_unreadable(wanted, file.path)
    given = {name: _delayed(part.prefix + name, tensor, file.path) for name, tensor in part.tensors.items()}
    for group in wanted.groups:
        known = next((name for name in group if name in given), None)
        if known is not None:
            given |= {name: given.get(name, given[known]) for name in group}
    try:
        found = model.take_state(given)
    except InputError as error:
        raise WeightError(error.message, hint=error.hint) from None
    if found.errors or (strict and (found.missing or found.unexpected)):
        if not strict:
            found = found._replace(missing=[], unexpected=[])
        raise misfit(type(model).__name__, file, part, wanted, found)
    left = [name for name in file.tensors if not name.startswith(part.prefix)]
    return Loaded(file.path, part, left, found.missing, found.unexpected)


def _delayed(name: str, tensor: FileTensor, path: Path) -> Buffer:
    """The tensor as one of the library's, which reads the file when its values are looked at."""
    value = Buffer.empty(tensor.shape, tensor.dtype)
    value.assign(lambda: tensor.read(name, path))
    return value
