"""PyTorch source code as a format of networks: `source` writes a spec as a file of classes."""

from __future__ import annotations

from nnbuild.exchange.pytorch.writer import source

__all__ = ["source"]
