"""Checkpoints of PyTorch, read without it: the zip files of torch.save and TorchScript, and what came before them.

    archive (zip) ─┐
    stream         ├─▶ unpickler ─▶ nest of inert data ─▶ flattening ─▶ tensors by name
    tar            ┘   (names: all that a pickle may use)

A pickle is a program. The one here is run by an interpreter of its own, which makes dicts, lists, numbers and tensors;
no name of it is ever looked up in Python. Files are mapped: the data of a tensor is touched when it is wanted.
"""

from __future__ import annotations
