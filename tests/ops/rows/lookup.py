"""Lookup tables, similarity and distance."""

from __future__ import annotations

from typing import Any

from tests.ops.table import T, Table, call

WORDS = T(values=[[1, 2], [3, 4], [5, 6]])
BIG = T((6, 3))
AT = T((2, 3), "int64", low=0, high=6)
FLAT = T((7,), "int64", low=0, high=6)


def indices(*values: Any) -> T:
    return T(dtype="int64", values=list(values))


BY_HAND = [
    (call("embedding", indices(2, 0), WORDS), [[5, 6], [1, 2]]),
    (call("embedding_bag", indices([0, 2]), WORDS), [[3, 4]]),
    (call("embedding_bag", indices([0, 2]), WORDS, mode="sum", padding_idx=0), [[5, 6]]),
    (call("embedding_bag", indices(0, 1, 2), WORDS, indices(0, 0, 2), mode="max"), [[0, 0], [3, 4], [5, 6]]),
    (call("embedding_bag", indices([0, 1]), WORDS, mode="sum", per_sample_weights=T(values=[[2, -1]])), [[-1, 0]]),
    (call("cosine_similarity", T(values=[[3, 4]]), T(values=[[4, 3]])), [0.96]),
    (call("pairwise_distance", T(values=[[3, 4]]), T(values=[[0, 0]]), eps=0.0), [5]),
    (call("cdist", T(values=[[3, 4]]), T(values=[[0, 0], [3, 3]])), [[5, 1]]),
]

REFUSED = [
    (call("cdist", T((2, 3)), T((4, 2))),
     "cdist wants rows (*, P, M) and (*, R, M) of one size M and gets (2, 3) and (4, 2)"),
    (call("cdist", T((3,)), T((4, 3))),
     "cdist wants rows (*, P, M) and (*, R, M) of one size M and gets (3,) and (4, 3)"),
    (call("cdist", T((2, 3)), T((4, 3)), -1.0), "p must be at least 0, not -1.0"),
    (call("cdist", T((2, 3)), T((4, 3)), compute_mode="fast"),
     "compute_mode is one of use_mm_for_euclid_dist_if_necessary, use_mm_for_euclid_dist, donot_use_mm_for_euclid_dist,"
     " not 'fast'"),
    (call("cdist", T((2, 3), "int64"), T((4, 3), "int64")), "cdist wants numbers with fractions and gets int64"),
    (call("embedding", T((2,)), WORDS), "embedding wants indices of int64 or int32 and gets float32"),
    (call("embedding", indices(1), T((3,))),
     "embedding wants a weight of 2 axes (num_embeddings, embedding_dim) and gets (3,)"),
    (call("embedding", indices(1), WORDS, 3), "padding_idx must lie between -3 and 2, not 3"),
    (call("embedding_bag", indices([0, 1]), WORDS, mode="min"), "mode is 'sum', 'mean' or 'max', not 'min'"),
    (call("embedding_bag", T((1, 1, 1), "int64", low=0), WORDS),
     "embedding_bag wants indices of 1 or 2 axes and gets (1, 1, 1)"),
    (call("embedding_bag", indices(0, 1), WORDS),
     "embedding_bag wants offsets with indices of 1 axis: where each bag begins"),
    (call("embedding_bag", indices([0, 1]), WORDS, indices(0)),
     "embedding_bag takes offsets only with indices of 1 axis: a row of 2-d indices is a bag"),
    (call("embedding_bag", indices(0, 1), WORDS, indices([0])),
     "embedding_bag wants offsets of 1 axis in int64 and gets TensorSpec((1, 1), int64)"),
    (call("embedding_bag", indices(0, 1), WORDS, T((0,), "int64"), include_last_offset=True),
     "embedding_bag wants at least one offset with include_last_offset and gets none"),
    (call("embedding_bag", indices([0, 1]), WORDS, per_sample_weights=T((1, 2))),
     "per_sample_weights are for mode='sum', not for 'mean'"),
    (call("embedding_bag", indices([0, 1]), WORDS, mode="sum", per_sample_weights=T((2,))),
     "embedding_bag wants per_sample_weights of (1, 2) in float32 and gets TensorSpec((2,), float32)"),
    (call("cosine_similarity", T((2, 3)), T((2, 4))),
     "cosine_similarity shapes (2, 3) and (2, 4) do not broadcast: sizes 3 and 4"),
    (call("cosine_similarity", T((2, 3)), T((2, 3)), 2), "cosine_similarity wants dim from -2 to 1 and gets 2"),
    (call("cosine_similarity", T((2, 3), "int64"), T((2, 3), "int64")),
     "cosine_similarity wants numbers with fractions and gets int64"),
]  # fmt: skip

BY_DATA = [
    (call("embedding", indices(1, 3), WORDS), "embedding wants indices from 0 to 2 and gets 3"),
    (call("embedding", indices(-1), WORDS), "embedding wants indices from 0 to 2 and gets -1"),
    (call("embedding_bag", indices(0, 1), WORDS, indices(1)),
     "embedding_bag wants offsets that begin with 0 and gets 1"),
    (call("embedding_bag", indices(0, 1), WORDS, indices(0, 3)),
     "embedding_bag wants rising offsets up to 2 and gets [0, 3]"),
]  # fmt: skip

ROWS = [
    call("embedding", AT, BIG), call("embedding", T((), "int32", values=1), BIG),
    call("embedding", T((0, 2), "int64"), BIG, -1),
    *(call("embedding_bag", AT, BIG, mode=mode, padding_idx=padding) for mode in ("sum", "mean", "max")
      for padding in (None, 2, -1)),
    *(call("embedding_bag", FLAT, BIG, indices(0, 2, 2, 7), mode=mode) for mode in ("sum", "mean", "max")),
    call("embedding_bag", FLAT, BIG, indices(0, 2, 7), include_last_offset=True),
    *(call("embedding_bag", FLAT, table, indices(0, 2, end), mode=mode, padding_idx=padding, include_last_offset=True)
      for table in (BIG, BIG._replace(dtype="float64"), BIG._replace(dtype="float16"))
      for mode in ("sum", "mean", "max") for padding in (None, 2) for end in (2, 5)),
    call("embedding_bag", FLAT, BIG, indices(0, 3), mode="sum", per_sample_weights=T((7,)), include_last_offset=True),
    call("embedding_bag", FLAT, BIG, indices(0), include_last_offset=True),
    call("embedding_bag", FLAT, BIG, indices(0, 3), mode="sum", per_sample_weights=T((7,))),
    call("embedding_bag", T((0, 3), "int64"), BIG),
    call("embedding_bag", T((0,), "int64"), BIG, indices(0, 0)),
    call("cosine_similarity", T((2, 3, 4)), T((2, 3, 4))), call("cosine_similarity", T((2, 1, 4)), T((3, 1)), -1, 0.5),
    call("cosine_similarity", T((3,), "float64"), T((3,), "float64"), 0),
    call("cosine_similarity", T(values=[[0, 0]]), T(values=[[1, 0]])),
    call("pairwise_distance", T((2, 3)), T((2, 3), "float64")),
    *(call("cdist", T((2, 3)), T((4, 3)), p) for p in (0.0, 1.0, 2.0, 3.0, float("inf"))),
    call("cdist", T((5, 2, 3)), T((4, 3))), call("cdist", T((5, 1, 2, 3)), T((6, 4, 3)), 1.5),
    call("cdist", T((2, 0)), T((4, 0))), call("cdist", T((0, 3)), T((4, 3))),
    call("cdist", T((2, 3), "float64"), T((4, 3), "float64"), compute_mode="donot_use_mm_for_euclid_dist"),
    call("pairwise_distance", T((2, 3)), T((1, 3)), 1.5, 0.1, True),
    call("pairwise_distance", T((3,)), T((3,)), float("inf")), call("pairwise_distance", T((0, 3)), T((0, 3))),
]  # fmt: skip

TABLE = Table(ROWS, BY_HAND, refused=REFUSED, refused_by_data=BY_DATA, tolerance=1e-6)
