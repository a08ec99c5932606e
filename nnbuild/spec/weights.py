"""Loading a file of weights into a network."""

from __future__ import annotations

from pathlib import Path

from nnbuild.errors import WeightError
from nnbuild.formats import read_weights
from nnbuild.nn.module import Module


def load_weights(model: Module, path: str | Path) -> None:
    """Copy the arrays of a file into the parameters and buffers of the same names.

    Raises: WeightError with all that does not fit, in torch's words, or for a file that cannot be read.
    """
    arrays = read_weights(Path(path))
    try:
        model.load_state_dict(arrays)
    except WeightError as error:
        error.notes.append(f"the weights are those in {path}")
        raise
