"""A file of weights: arrays by name, from .npz or .safetensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nnbuild.errors import InputError, WeightError
from nnbuild.formats.npy import read_npz
from nnbuild.formats.safetensors import read_safetensors

_FROM_TORCH = "in PyTorch: np.savez('weights.npz', **{k: v.numpy() for k, v in model.state_dict().items()})"

#: What other files are, by their endings.
_OTHERS = {
    **dict.fromkeys((".pth", ".pt", ".ckpt", ".bin"), "a PyTorch pickle, which could run code when loaded"),
    **dict.fromkeys((".pkl", ".pickle"), "a pickle, which could run code when loaded"),
    ".onnx": "an ONNX network",
    ".h5": "a Keras file",
    ".npy": "one array without names",
}


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """The arrays of the file by name. Raises WeightError for a file that cannot be read or holds anything else."""
    if path.suffix in _OTHERS:
        raise WeightError(
            f"{path} is {_OTHERS[path.suffix]}", hint=f"save the weights as .npz or .safetensors; {_FROM_TORCH}"
        )
    try:
        arrays = read_safetensors(path) if path.suffix == ".safetensors" else read_npz(path)
    except InputError as error:
        raise WeightError(f"the weights file {error.message}", hint=error.hint) from None
    for name, array in arrays.items():
        if array.dtype.kind not in "cfiub":
            raise WeightError(f"{name} in {path} holds {array.dtype}, not numbers")
    return arrays
