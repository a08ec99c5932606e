"""Rearrange and Reduce, which PyTorch has not; tests/ops/test_einops.py holds them beside einops."""

from tests.cases import case, given

CASES = [
    case("Rearrange('b (h w) -> b w h', h=2)", given([[1, 2, 3, 4, 5, 6]]), output=(1, 3, 2),
         values=[[[1, 4], [2, 5], [3, 6]]]),
    case("Rearrange('b h w -> b (h w)')", given([[[1, 2], [3, 4]]]), output=(1, 4), values=[[1, 2, 3, 4]]),
    case("Reduce('b (n 2) -> b n', 'max')", given([[1, 4, 2, 3]]), output=(1, 2), values=[[4, 3]]),
    case("Reduce('b h w -> b', reduction='mean')", given([[[1, 2], [3, 6]]]), output=(1,), values=[3]),
]  # fmt: skip
