"""Decompositions whose factors are settled only up to signs: they give back the matrix, and values as in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnbuild import nn, ops
from nnbuild.graph.trace import trace


def matrices(*shape: int, dtype: str = "float64") -> np.ndarray:
    random = np.random.default_rng(shape)
    real = random.normal(size=shape)
    return (real + 1j * random.normal(size=shape) if dtype == "complex128" else real).astype(dtype)


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize(("shape", "full"), [((3, 4), False), ((2, 4, 3), True), ((2, 3, 3), False)])
def test_singular_vectors_give_the_matrix(shape: tuple[int, ...], full: bool, dtype: str) -> None:
    matrix = matrices(*shape, dtype=dtype)
    u, s, vh = ops.linalg_svd(matrix, full)
    inner = min(shape[-2:])
    np.testing.assert_allclose((u[..., :inner] * s[..., None, :]) @ vh[..., :inner, :], matrix, atol=1e-12)
    for factor in (u.conj().swapaxes(-1, -2) @ u, vh @ vh.conj().swapaxes(-1, -2)):
        np.testing.assert_allclose(factor, np.broadcast_to(np.eye(factor.shape[-1]), factor.shape), atol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_eigenvectors_are_scaled_by_eigenvalues(dtype: str) -> None:
    matrix = matrices(2, 3, 3, dtype=dtype)
    hermitian = matrix + matrix.conj().swapaxes(-1, -2)
    for found, of in ((ops.linalg_eigh(hermitian), hermitian), (ops.linalg_eig(matrix), matrix)):
        np.testing.assert_allclose(of @ found.eigenvectors, found.eigenvectors * found.eigenvalues[..., None, :])


@pytest.mark.torch
@pytest.mark.parametrize("name", ["svd", "eigh", "eig"])
def test_factors_are_torchs_up_to_signs(name: str) -> None:
    torch: Any = pytest.importorskip("torch")
    matrix = matrices(2, 4, 4)
    found, expected = getattr(ops, f"linalg_{name}")(matrix), getattr(torch.linalg, name)(torch.from_numpy(matrix))
    assert type(found)._fields == tuple(field for field in ("U", "S", "Vh", "eigenvalues", "eigenvectors")
                                        if hasattr(expected, field))  # fmt: skip
    for array, tensor in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.abs(array), tensor.abs().numpy(), rtol=1e-9)


def test_a_chain_is_multiplied_in_the_cheapest_order() -> None:
    class Chain(nn.Module):
        def forward(self, *tensors: Any) -> Any:
            return ops.linalg_multi_dot(tensors)

    shapes = [(10, 100), (100, 5), (5, 50), (50, 1), (1, 8), (8, 2)]
    graph = trace(Chain(), *(np.zeros(shape, np.float32) for shape in shapes))
    assert [node.op.name for node in graph.nodes] == ["matmul"] * 5
    assert graph.macs == 250 + 8 * 2 + 500 + 1000 + 20  # (A (B (C D))) (E F)
