"""Files of Python as text: found within one package, decoded, parsed. Nothing of them is ever executed."""

from __future__ import annotations

import ast
import errno
import re
import warnings
from pathlib import Path
from typing import Any

from nnbuild.budget import charge
from nnbuild.errors import Mark, SpecError
from nnbuild.formats.opening import read_whole
from nnbuild.limits import MAX_SOURCE_BYTES, MAX_SOURCE_WORDS, STEPS_A_WORD
from nnbuild.spec.language.syntax import Code, parse_source
from nnbuild.spec.text.nodes import Document

_ENCODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_WORD = re.compile(r"\w+|[^\w\s]")

#: Those that files of Python are written in; some others take a time that grows with the square of a text.
_ENCODINGS = frozenset(
    ("utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii", "latin-1", "latin1", "iso-8859-1", "iso-8859-15", "cp1252",
     "windows-1252", "cp1251", "koi8-r", "gbk", "gb2312", "gb18030", "big5", "euc-jp", "shift-jis", "euc-kr", "cp949")
)  # fmt: skip


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
        data = read_whole(path, MAX_SOURCE_BYTES)
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise SpecError(
                f"{path} is larger than {MAX_SOURCE_BYTES / 1e6:g} MB", hint="give the file with the class alone"
            ) from None
        raise SpecError(f"cannot read {path}: {error.strerror or error}") from None
    text = _decoded(data, path)
    words = sum(1 for _ in _WORD.finditer(text))
    charge(words * STEPS_A_WORD)
    if words > MAX_SOURCE_WORDS:
        raise SpecError(
            f"{path} has more than {MAX_SOURCE_WORDS:,} words and signs", hint="give the file with the class alone"
        )
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
        if encoding.lower().replace("_", "-") not in _ENCODINGS:
            raise LookupError(encoding)
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
