"""Names of arrays as names of files in an archive: inside the folder that it is unpacked to, whole, and distinct."""

from __future__ import annotations

from hashlib import sha256
from unicodedata import normalize

ENDING = ".npy"

#: Bytes that file systems take for a name.
_MOST = 255 - len(ENDING)

#: What leads elsewhere: separators of folders, drives and streams.
_ELSEWHERE = frozenset("/\\:")


class MemberNames:
    """The names of one archive's members, without their ending, for the arrays' own names."""

    def __init__(self) -> None:
        self.given: dict[str, str] = {}
        self._taken: set[str] = set()

    def __getitem__(self, name: str) -> str:
        """The name itself, or one like it where it cannot be that."""
        if name not in self.given:
            clean = _clean(name)
            member, count = clean, 1
            while _folded(member) in self._taken:
                count += 1
                member = _cut(clean, f"~{count}")
            self._taken.add(_folded(member))
            self.given[name] = member
        return self.given[name]

    @property
    def changed(self) -> dict[str, str]:
        """The members whose names are not those of their arrays."""
        return {name: member for name, member in self.given.items() if name != member}


def _folded(name: str) -> str:
    """What is one name on a system that does not tell capitals, or ways to write an accent, apart."""
    return normalize("NFKC", normalize("NFKC", name).casefold())


def _clean(name: str) -> str:
    letters = "".join("_" if letter in _ELSEWHERE or not _plain(letter) else letter for letter in name)
    if letters.lower().endswith(ENDING):  # NumPy would find another array under it
        letters = letters[: -len(ENDING)] + "_" + letters[1 - len(ENDING) :]
    letters = letters if letters.strip(" .") else f"_{letters}"
    if len(letters.encode("utf-8")) <= _MOST:
        return letters
    return _cut(letters, "~" + sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16])


def _plain(letter: str) -> bool:
    return letter.isprintable() or letter == "\u3000"


def _cut(name: str, end: str) -> str:
    """The name with this end, in the bytes that there are."""
    return name.encode("utf-8")[: _MOST - len(end)].decode("utf-8", "ignore") + end
