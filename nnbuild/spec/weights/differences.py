"""What does not fit between a network and a file, in torch's words, with the nearest names, and not as a wall."""

from __future__ import annotations

from collections.abc import Sequence

from nnbuild.errors import WeightError
from nnbuild.formats.weights import WeightsFile, beginnings
from nnbuild.nn.state import Findings
from nnbuild.spec.weights.fit import Part, Wanted
from nnbuild.words import closest

_FEW = 8


def misfit(network: str, file: WeightsFile, part: Part, wanted: Wanted, found: Findings) -> WeightError:
    """The error of weights that are not the network's, in a file's part that comes nearest to them."""
    lines = [
        f"{kind} key(s) in state_dict: {_listed(names)}. "
        for kind, names in (("Missing", found.missing), ("Unexpected", found.unexpected))
        if names
    ]
    lines += found.errors[:_FEW]
    if len(found.errors) > _FEW:
        lines.append(f"and {len(found.errors) - _FEW} more of another size: {grouped(part.misshaped[_FEW:])}")
    where = f"under {part.prefix.rstrip('.')!r} in" if part.prefix else "in"
    notes = [f"the weights are those {where} {file.path}", *_nearest(part, wanted, found.missing, found.unexpected)]
    others = [name for name in beginnings(file.tensors) if not part.prefix.startswith(f"{name}.")]
    if part.prefix and others:
        notes.append(f"beside them the file holds {', '.join(others[:_FEW])}")
    statement = f"Error(s) in loading state_dict for {network}:"
    return WeightError(statement, details=lines, notes=notes, hint=_advice(part, wanted))


def unfit(file: WeightsFile, part: Part, wanted: Wanted, network: str) -> WeightError:
    """The same in one line, for those who have seen the names."""
    kinds = ((part.missing, "missing"), (part.misshaped, "of another size"), (part.unexpected, "unexpected"))
    counts = ", ".join(f"{len(names)} {kind}" for names, kind in kinds if names)
    notes = _nearest(part, wanted, part.missing, part.unexpected)
    return WeightError(f"{file.path} does not fit {network}: {counts}", notes=notes, hint=_advice(part, wanted))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names) if len(names) <= _FEW else grouped(names)


def grouped(names: Sequence[str]) -> str:
    """Names by how they begin: 'layer1.* : 122 keys, fc.* : 2 keys'. Few stand as they are."""
    if len(names) <= _FEW:
        return ", ".join(names)
    groups = _groups(names, 1)
    for depth in range(2, 6):
        finer = _groups(names, depth)
        if len(groups) == 1 and len(finer) <= _FEW:
            groups = finer
    shown = [f"{name} : {count} keys" if count > 1 else name for name, count in list(groups.items())[:_FEW]]
    rest = sum(list(groups.values())[_FEW:])
    return ", ".join(shown) + (f", and {rest} more" if rest else "")


def _groups(names: Sequence[str], depth: int) -> dict[str, int]:
    counts: dict[str, list[str]] = {}
    for name in names:
        parts = name.split(".")
        counts.setdefault(".".join([*parts[:depth], "*"]) if len(parts) > depth else name, []).append(name)
    return {members[0] if len(members) == 1 else group: len(members) for group, members in counts.items()}


def _nearest(part: Part, wanted: Wanted, missing: Sequence[str], unexpected: Sequence[str]) -> list[str]:
    """For some missing names the name in the file that is most like them, one of the same shape before others."""
    notes = []
    for name in missing[:_FEW]:
        alike = [other for other in unexpected if part.tensors[other].shape == wanted.shapes[name]]
        close = closest(name, alike, 0.6) or closest(name, unexpected, 0.75)
        if close:
            notes.append(f'nearest to "{name}" is "{close}", {part.tensors[close].shape}')
    return notes


def _advice(part: Part, wanted: Wanted) -> str | None:
    """What to do where the file's names lack what all of the network's begin with."""
    names, given = list(wanted.shapes), set(part.tensors)
    if not names or not given.isdisjoint(names):
        return None
    ends = [place + 1 for place, letter in enumerate(names[0]) if letter == "."]
    for prefix in (names[0][:end] for end in ends):
        if all(name.startswith(prefix) for name in names) and given & {name.removeprefix(prefix) for name in names}:
            return f"those in the file lack the prefix {prefix!r} of the network's names: save them with it"
    return None
