"""Where the files that a spec names may lie: in its folder and below, links followed, unless more is allowed."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import NamedTuple

from nnbuild.errors import SpecError


class Folder(NamedTuple):
    """The folder of a spec. Params: outside, whether the spec may name files elsewhere too."""

    path: Path
    outside: bool = False

    def file(self, name: str, what: str, beside: Path | None = None) -> Path:
        """The file of this name. Params: what, it is for; beside, the folder that the name is relative to, if another.

        Raises: SpecError for a name that is no relative path or leads elsewhere; whether a file is there is not asked.
        """
        if ":" in name or "\\" in name or "\0" in name or (PurePosixPath(name).is_absolute() and not self.outside):
            raise SpecError(f"{what} is a path relative to the spec", hint="put the file beside the spec")
        path = (beside or self.path) / PurePosixPath(name)
        if not self.holds(path):
            raise SpecError(
                f"{what} leads out of the spec's folder: {name}",
                hint="put the file beside the spec; --allow-outside, in Python allow_outside=True, takes it from there",
            )
        return path

    def holds(self, path: Path) -> bool:
        """Whether a spec in the folder may name the file, once all links on the way to it are followed."""
        if self.outside:
            return True
        try:
            return path.resolve().is_relative_to(self.path.resolve())
        except (OSError, RuntimeError, ValueError):  # a circle of links, or a name that no file can have
            return False


def is_there(path: Path) -> bool:
    """Whether there is such a file, of any kind."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
