"""Files of Python as text: found within one package, decoded, parsed. Nothing of them is ever executed."""

from __future__ import annotations

import ast
import re
import warnings
from pathlib import Path
from typing import Any

from nnbuild.errors import Mark, SpecError
from nnbuild.limits import MAX_SOURCE_BYTES
from nnbuild.spec.language.syntax import Code, parse_source
from nnbuild.spec.text.nodes import Document

_ENCODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


class SourceText:
    """The text of a file, which knows its places."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.code: Any = None
        self._document = Document(text, file)

    @property
    def mark(self) -> Mark:
        """The start of the file."""
        return self._document.mark(0, 1)

    def place(self, first: int, last: int) -> Mark:
        """The place of the characters from `first` to `last`."""
        return self._document.mark(first, last)


def read_source(path: Path) -> Code:
    """The file, parsed. Raises SpecError for what cannot be read, is too large, or is no Python."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_SOURCE_BYTES + 1)
    except OSError as error:
        raise SpecError(f"cannot read {path}: {error.strerror or error}") from None
    if len(data) > MAX_SOURCE_BYTES:
        raise SpecError(
            f"{path} is larger than {MAX_SOURCE_BYTES / 1e6:g} MB", hint="give the file with the class alone"
        )
    text = _decoded(data, path)
    written = SourceText(text, str(path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return parse_source(written)


def _decoded(data: bytes, path: Path) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    encoding = "utf-8"
    for line in data.split(b"\n", 2)[:2]:
        found = _ENCODING.match(line)
        if found:
            encoding = found[1].decode("ascii")
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise SpecError(f"{path} is not text in {encoding}", hint="save it as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def package_root(path: Path) -> tuple[Path, tuple[str, ...]]:
    """The folder above the package that a file is in, and the package's dotted name; the file's folder where it is in
    none.
    """
    folder = path.resolve().parent
    parts: list[str] = []
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        parts.insert(0, folder.name)
        folder = folder.parent
    return folder, tuple(parts)


def find_module(root: Path, parts: tuple[str, ...]) -> Path | None:
    """The file of a module by its dotted name below the root; None where there is none inside it."""
    if not parts or not all(part.isidentifier() for part in parts):
        return None
    place, inside = root.joinpath(*parts), root.resolve()
    if parts[0].isidentifier() and (root / parts[0] / "__init__.py").is_file():
        inside = (root / parts[0]).resolve()  # a package ends where its own folder does
    for path in (place.with_name(place.name + ".py"), place / "__init__.py"):
        if path.is_file() and path.resolve().is_relative_to(inside):
            return path
    return None


def imported_names(node: ast.AST) -> bool:
    """Whether the node is an import."""
    return isinstance(node, ast.Import | ast.ImportFrom)
