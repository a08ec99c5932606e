"""Einsum: any equation beside PyTorch."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbuild import ops
from nnbuild.errors import OptionError
from tests.ops.agreement import agrees
from tests.ops.table import T, call


def test_einsum_wants_an_equation() -> None:
    with pytest.raises(OptionError, match="einsum wants an equation and its tensors"):
        ops.einsum(ops.TensorSpec((2,)))


SIZES = {"a": 2, "b": 3, "c": 1, "d": 4}
TERM = st.text("abcd", max_size=3)


@pytest.mark.torch
@settings(max_examples=80, deadline=None)
@given(terms=st.lists(TERM, min_size=1, max_size=2), output=st.none() | TERM, batch=st.sampled_from([(), (2,), (1, 3)]))
def test_any_equation_as_torch(terms: list[str], output: str | None, batch: tuple[int, ...]) -> None:
    dots = "..." if batch else ""
    equation = ",".join(dots + term for term in terms) + ("" if output is None else f"->{dots}{output}")
    agrees(call("einsum", equation, *(T((*batch, *(SIZES[letter] for letter in term))) for term in terms)))
