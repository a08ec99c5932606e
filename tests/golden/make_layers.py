"""Writes tests/golden/layers.npz: the outputs of the rows of tests/cases that PyTorch has, from PyTorch in float64.

python -m tests.golden.make_layers
"""

from pathlib import Path

import numpy as np
import torch

from tests.cases import Case, all_cases, weight


def tensors(result: object) -> list[np.ndarray]:
    """The tensors of a nested result, in order, as arrays."""
    if isinstance(result, torch.Tensor):
        return [result.detach().numpy()]
    if isinstance(result, tuple | list):
        return [array for item in result for array in tensors(item)]
    return []


def fill(layer: torch.nn.Module) -> None:
    """Give every float tensor of the state_dict its test values."""
    for key, tensor in layer.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(torch.from_numpy(weight(key, tuple(tensor.shape))))


def outputs(row: Case) -> list[np.ndarray]:
    """What PyTorch computes for a row in double precision, rounded once."""
    layer = row.build(torch.nn)
    inputs = [torch.from_numpy(array) for array in row.arrays("float32")]
    with torch.no_grad():
        if row.layer.startswith("Lazy"):
            layer(*inputs, **row.call)
        fill(layer)
        doubled = [tensor.double() if tensor.is_floating_point() else tensor for tensor in inputs]
        result = tensors(layer.double()(*doubled, **row.call))
    return [array.astype(np.float32) if array.dtype == np.float64 else array for array in result]


if __name__ == "__main__":
    golden = {
        f"{row}#{index}": array
        for row in all_cases()
        if row.values is None and not (row.train and "Drop" in row.layer)
        for index, array in enumerate(outputs(row))
    }
    np.savez_compressed(Path(__file__).parent / "layers.npz", **golden)
