"""A file of weights: arrays by name, from .npz or .safetensors."""

from __future__ import annotations

from pathlib import Path

from nnbuild.errors import InputError, WeightError
from nnbuild.formats.array_source import ArraySource
from nnbuild.formats.npy import open_npz
from nnbuild.formats.safetensors import open_safetensors

_FROM_TORCH = "in PyTorch: np.savez('weights.npz', **{k: v.numpy() for k, v in model.state_dict().items()})"

#: What other files are, by their endings.
_OTHERS = {
    **dict.fromkeys((".pth", ".pt", ".ckpt", ".bin"), "a PyTorch pickle, which could run code when loaded"),
    **dict.fromkeys((".pkl", ".pickle"), "a pickle, which could run code when loaded"),
    ".onnx": "an ONNX network",
    ".h5": "a Keras file",
    ".npy": "one array without names",
}


def open_weights(path: Path) -> dict[str, ArraySource]:
    """The arrays of the file by name, still to be read.

    Raises: WeightError for a file that cannot be read or holds anything else.
    """
    if path.suffix in _OTHERS:
        raise WeightError(
            f"{path} is {_OTHERS[path.suffix]}", hint=f"save the weights as .npz or .safetensors; {_FROM_TORCH}"
        )
    try:
        sources = open_safetensors(path) if path.suffix == ".safetensors" else open_npz(path)
    except InputError as error:
        raise WeightError(f"the weights file {error.message}", hint=error.hint) from None
    for name, source in sources.items():
        if source.dtype.kind not in "fiub":
            raise WeightError(f"{name} in {path} holds {source.dtype}, not numbers")
    return sources
