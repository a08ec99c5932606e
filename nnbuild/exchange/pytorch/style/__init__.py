"""Python source from a syntax tree, laid out as `ruff format` would.

`statements` and `expressions` turn the tree into a document of texts and possible line breaks; `documents` decides
which of those are taken.
"""

from __future__ import annotations

from nnbuild.exchange.pytorch.style.statements import module_text

__all__ = ["module_text"]
