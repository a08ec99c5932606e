"""A spec -> a file of PyTorch source."""

from __future__ import annotations

from typing import Any

from nnbuild.errors import SpecError


def source(spec: str, params: dict[str, Any], variant: str | None, choices: dict[str, Any]) -> str:
    """The text of a module that holds the network as a class."""
    raise SpecError("nothing can be written as PyTorch source yet")
