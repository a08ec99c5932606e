"""Lookup tables."""

from tests.cases import case, integers

CASES = [
    case("Embedding(10, 3)", integers((2, 4), 10), output=(2, 4, 3), params=30),
    case("Embedding(10, 3, padding_idx=2)", integers((5,), 10), output=(5, 3), params=30),
    case("Embedding(10, 3, -1, 1.5, 1.0, True, True)", integers((2, 3, 2), 10),
         output=(2, 3, 2, 3), params=30, batched=False),
    case("Embedding(10, 3)", integers((0, 4), 10), output=(0, 4, 3), params=30),
    case("EmbeddingBag(10, 3)", integers((2, 4), 10), output=(2, 3), params=30),
    case("EmbeddingBag(10, 3, mode='sum', padding_idx=3)", integers((4, 5), 10), output=(4, 3), params=30),
    case("EmbeddingBag(10, 3, 1.0, 2.0, mode='max')", integers((2, 4), 10), output=(2, 3), params=30, batched=False),
    case("EmbeddingBag(10, 3, mode='max', padding_idx=-3)", integers((2, 4), 10), output=(2, 3), params=30),
    case("EmbeddingBag(10, 3, scale_grad_by_freq=True, norm_type=1.0)", integers((0, 4), 10), output=(0, 3), params=30),
]  # fmt: skip
