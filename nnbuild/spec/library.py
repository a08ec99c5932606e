"""Finding a spec: a file, a bundled spec, or a variant of a bundled spec."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

from nnbuild.errors import NnbuildError, SpecError, suggestion
from nnbuild.spec.folder import Folder, is_there
from nnbuild.spec.text.nodes import Mapping
from nnbuild.spec.text.reader import read
from nnbuild.spec.text.source import STANDARD_INPUT, read_bytes

_SUFFIXES = (".yaml", ".yml")


class Found(NamedTuple):
    """Where a spec is. Params: variant, if that was asked for by its own name; bundled, whether it is the program's."""

    path: Path
    variant: str | None = None
    bundled: bool = False


@cache
def folder() -> Path:
    """The bundled specs: inside the package when installed, beside it in a checkout."""
    inside = Path(__file__).parents[1] / "specs"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "specs"


def files() -> list[Path]:
    """Every bundled spec, by name."""
    return sorted(path for path in folder().glob("*.yaml") if path.is_file())


def bundled(name: str) -> Path | None:
    """The bundled spec of this name, with or without `.yaml`."""
    stem = name.removesuffix(".yaml").removesuffix(".yml")
    if not stem or "/" in stem or "\\" in stem or "\0" in stem or stem.startswith("."):
        return None
    path = folder() / f"{stem}.yaml"
    return path if is_there(path) and path.is_file() else None


def variants(path: Path) -> list[str]:
    """The names of a spec's variants, without building it."""
    if b"variants:" not in read_bytes(path):
        return []
    root = read(path)
    node = root.get("variants") if isinstance(root, Mapping) else None
    return [key.text for key, _ in node.entries] if isinstance(node, Mapping) else []


def find(name: str | Path) -> Found:
    """`-` is standard input; else a file if there is one, a bundled spec of that name, or one with such a variant."""
    text = str(name)
    if not text.strip():
        raise SpecError("the name of the spec is empty")
    if "\0" in text:
        raise SpecError(f"{text!r} cannot be a file")
    try:
        path = Path(text)
        if text == str(STANDARD_INPUT):
            return Found(path)
        if path.is_file() or (path.exists() and not path.is_dir()):
            return Found(path)
        found = bundled(text)
        if found:
            return Found(found, bundled=True)
        if path.is_dir():
            raise SpecError(f"{text} is a folder, not a spec", hint="give a file in it; `check` takes folders too")
        return _find_variant(text)
    except (ValueError, OSError) as error:
        raise SpecError(f"{text[:200]!r} cannot be a file: {error}") from None


def _find_variant(text: str) -> Found:
    stem = text.removesuffix(".yaml").removesuffix(".yml")
    for path in files():
        if stem.encode() in read_bytes(path) and stem in variants(path):
            return Found(path, stem, bundled=True)
    hint = suggestion(Path(stem).name, names()) or "nnbuild list shows the bundled ones"
    raise SpecError(f"there is no file {text}, and no bundled spec or variant of that name", hint=hint)


def specs_below(folder: Path, allow_outside: bool = False) -> tuple[list[Path], int, int]:
    """The networks in a folder and those below it, hidden ones not; the number of other YAML files there, and that of
    links that lead out of the folder.

    Another file is one of blocks for specs, or no spec at all; a file that cannot be read counts as a network.
    """
    found, others, elsewhere = [], 0, 0
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if hidden or path.suffix not in _SUFFIXES or not path.is_file():
            continue
        if not Folder(folder, allow_outside).holds(path):
            elsewhere += 1
        elif _is_network(path):
            found.append(path)
        else:
            others += 1
    return found, others, elsewhere


def _is_network(path: Path) -> bool:
    try:
        root = read(path)
    except NnbuildError:
        return True
    return isinstance(root, Mapping) and any(root.get(section) is not None for section in ("layers", "forward"))


def names() -> list[str]:
    """Every name that `find` knows without a file: bundled specs and their variants."""
    known = []
    for path in files():
        try:
            known += [path.stem, *variants(path)]
        except NnbuildError:
            known.append(path.stem)
    return known
