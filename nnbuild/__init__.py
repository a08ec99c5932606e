"""nnbuild: neural networks as YAML files, with torch.nn's semantics on NumPy."""

from __future__ import annotations
