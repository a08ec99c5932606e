"""These tests need the package onnx, an extra."""

from __future__ import annotations

import importlib.util

#: Without onnx the files here are not even read: they import it.
collect_ignore_glob = [] if importlib.util.find_spec("onnx") else ["test_*.py"]
