"""Multi-head attention."""

from __future__ import annotations

import math
from typing import Any

from nnbuild import ops
from nnbuild.errors import OptionError, ShapeError
from nnbuild.nn import init
from nnbuild.nn.layer import WeightedLayer
from nnbuild.nn.linear import Linear
from nnbuild.nn.parameter import Parameter
from nnbuild.nn.taking import Tensor
from nnbuild.ops.dtypes import is_floating
from nnbuild.ops.nests import spec_of


class NonDynamicallyQuantizableLinear(Linear):
    """The Linear that ends a MultiheadAttention, under torch's name of it."""


class MultiheadAttention(WeightedLayer):
    """Every query takes from the values by how well their keys match it, in `num_heads` subspaces at a time.

    Shape: query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim), with batch_first N before L and S, without a
    batch no N -> output (L, N, embed_dim) and weights (N, L, S), per head (N, num_heads, L, S) unless averaged, None
    unless needed. key_padding_mask (N, S) and attn_mask (L, S) or (N * num_heads, L, S): true where a key must not be
    looked at, or numbers that are added to its score.
    Params: in_proj_weight (3 * embed_dim, embed_dim), or with kdim or vdim q_proj_weight (embed_dim, embed_dim),
    k_proj_weight (embed_dim, kdim), v_proj_weight (embed_dim, vdim); in_proj_bias (3 * embed_dim); out_proj;
    with add_bias_kv bias_k, bias_v (1, 1, embed_dim), one more key and value; add_zero_attn adds one of zeros.
    Source: https://arxiv.org/abs/1706.03762
    """

    gives = "(output, weights)"

    embed_dim: int
    num_heads: int
    dropout: float = 0.0
    bias: bool = True
    add_bias_kv: bool = False
    add_zero_attn: bool = False
    kdim: int | None = None
    vdim: int | None = None
    batch_first: bool = False

    def build(self, bias: bool, add_bias_kv: bool, dtype: str | None) -> None:
        self._check_options()
        size, dtype = self.embed_dim, dtype or "float32"
        self.kdim, self.vdim = (size if given is None else given for given in (self.kdim, self.vdim))
        self.head_dim = size // self.num_heads
        self._qkv_same_embed_dim = self.kdim == self.vdim == size
        shapes: dict[str, tuple[int, ...]] = {"in_proj_weight": (3 * size, size)}
        if not self._qkv_same_embed_dim:
            shapes = {"q_proj_weight": (size, size), "k_proj_weight": (size, self.kdim)}
            shapes["v_proj_weight"] = (size, self.vdim)
        for name, shape in shapes.items():
            setattr(self, name, Parameter.empty(shape, dtype))
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            if name not in shapes:
                self.register_parameter(name, None)
        self.register_parameter("in_proj_bias", Parameter.empty(3 * size, dtype) if bias else None)
        self.out_proj = NonDynamicallyQuantizableLinear(size, size, bias=bias, dtype=dtype)
        for name in ("bias_k", "bias_v"):
            setattr(self, name, Parameter.empty((1, 1, size), dtype) if add_bias_kv else None)
        self._reset_parameters()

    def _check_options(self) -> None:
        for name in ("embed_dim", "num_heads"):
            if getattr(self, name) < 1:
                raise OptionError(
                    f"MultiheadAttention wants {name} of at least 1 and gets {getattr(self, name)}", option=name
                )
        if self.embed_dim % self.num_heads:
            raise OptionError(
                f"MultiheadAttention wants num_heads that divides embed_dim={self.embed_dim} and gets {self.num_heads}",
                option="num_heads",
            )
        if not 0 <= self.dropout <= 1:
            raise OptionError(
                f"MultiheadAttention wants a dropout between 0 and 1 and gets {self.dropout}", option="dropout"
            )

    def _reset_parameters(self) -> None:
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            if getattr(self, name) is not None:
                init.xavier_uniform_(getattr(self, name))
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.get_parameter("bias"))
        for parameter in (self.bias_k, self.bias_v):
            if parameter is not None:
                init.xavier_normal_(parameter)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        self._check_inputs(query, key, value)
        for name, given in (("attn_mask", attn_mask), ("key_padding_mask", key_padding_mask)):
            if given is not None and not _is_bool(given) and not is_floating(spec_of(given).dtype):
                dtype = spec_of(given).dtype
                raise ShapeError(f"wants {name} to be of bool or numbers with fractions and gets {dtype}")
        if is_causal and attn_mask is None:
            raise ShapeError(
                "wants an attn_mask where is_causal=True says that it is causal",
                hint="Transformer.generate_square_subsequent_mask(length) makes one",
            )
        plain = is_causal and key_padding_mask is None and not need_weights  # then attn_mask is believed, not read
        mask = None if plain else self._merged_mask(query, key, attn_mask, key_padding_mask)
        q, k, v = self._heads(query, key, value)
        if need_weights:
            heads, weights = self._weighed(q, k, v, mask)
            weights = ops.mean(weights, -3) if average_attn_weights else weights
        else:
            heads = ops.scaled_dot_product_attention(q, k, v, _allowed(mask), self._dropout(), plain)
            weights = None
        return self.out_proj(self._joined(heads)), weights

    def extra_repr(self) -> str:
        return ""

    def _dropout(self) -> float:
        return self.dropout if self.training else 0.0

    # Sizes

    def _sequence(self, input: Any) -> int:
        """The axis of time."""
        return 1 if self.batch_first and input.ndim == 3 else 0

    def _check_inputs(self, query: Any, key: Any, value: Any) -> None:
        shapes = f"{query.shape}, {key.shape} and {value.shape}"
        if query.ndim not in (2, 3) or not query.ndim == key.ndim == value.ndim:
            axes = "(N, L, features)" if self.batch_first else "(L, N, features)"
            raise ShapeError(f"wants query, key and value of {axes}, or all of (L, features), and gets {shapes}")
        for name, tensor, option in (("query", query, "embed_dim"), ("key", key, "kdim"), ("value", value, "vdim")):
            if tensor.shape[-1] != getattr(self, option):
                raise ShapeError(
                    f"wants {getattr(self, option)} {name} features and gets {tensor.shape[-1]}: {tensor.shape}",
                    option=option,
                )
        if key.shape[:-1] != value.shape[:-1]:
            raise ShapeError(f"wants a value for every key and gets {key.shape} and {value.shape}")
        batch = 1 - self._sequence(query)
        if query.ndim == 3 and query.shape[batch] != key.shape[batch]:
            raise ShapeError(f"wants one batch size in query, key and value and gets {shapes}")

    # Masks: true where a key must not be looked at, or numbers that are added

    def _merged_mask(self, query: Any, key: Any, attn_mask: Any, key_padding_mask: Any) -> Any:
        """Both masks as one that broadcasts to (N, num_heads, L, S), without a copy for each head."""
        time = self._sequence(query)
        length, keys = query.shape[time], key.shape[time]
        batch = query.shape[1 - time] if query.ndim == 3 else 1
        if attn_mask is not None:
            full = (batch * self.num_heads, length, keys)
            _check_mask("attn_mask", attn_mask, (length, keys), full)
            if attn_mask.ndim == 3 and query.ndim == 3:
                attn_mask = ops.reshape(attn_mask, (batch, self.num_heads, length, keys))
        if key_padding_mask is not None:
            _check_mask("key_padding_mask", key_padding_mask, (batch, keys) if query.ndim == 3 else (keys,))
            if query.ndim == 3:
                key_padding_mask = ops.reshape(key_padding_mask, (batch, 1, 1, keys))
        mask = _either(attn_mask, key_padding_mask)
        added = (self.bias_k is not None) + self.add_zero_attn
        return mask if mask is None or not added else ops.pad(mask, (0, added))

    # Projections

    def _heads(self, query: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
        """Projected query, key and value. Shape: (N, num_heads, length, head_dim), without a batch no N."""
        q, k, v = self._projected(query, key, value)
        if self.bias_k is not None:
            k, v = self._extended(k, self.bias_k), self._extended(v, self.bias_v)
        q, k, v = self._split(q), self._split(k), self._split(v)
        if self.add_zero_attn:
            k, v = ops.pad(k, (0, 0, 0, 1)), ops.pad(v, (0, 0, 0, 1))
        return q, k, v

    def _projected(self, query: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
        bias = self.in_proj_bias
        if self._qkv_same_embed_dim and query is key and key is value:
            return tuple(ops.chunk(ops.linear(query, self.in_proj_weight, bias), 3, -1))
        size = self.embed_dim
        if self._qkv_same_embed_dim and key is value:
            parts = ops.split(self.in_proj_weight, [size, 2 * size])
            biases = ops.split(bias, [size, 2 * size]) if bias is not None else (None, None)
            pair = ops.chunk(ops.linear(key, parts[1], biases[1]), 2, -1)
            return ops.linear(query, parts[0], biases[0]), pair[0], pair[1]
        weights = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        if self._qkv_same_embed_dim:
            weights = ops.chunk(self.in_proj_weight, 3)
        biases = ops.chunk(bias, 3) if bias is not None else (None, None, None)
        q, k, v = map(ops.linear, (query, key, value), weights, biases)
        return q, k, v

    def _extended(self, keys: Any, extra: Any) -> Any:
        """The keys or values with one more at the end of the sequence."""
        time = self._sequence(keys)
        shape = [1 if axis == time else size for axis, size in enumerate(keys.shape)]
        extra = ops.expand(extra, shape) if keys.ndim == 3 else ops.reshape(extra, shape)
        return ops.cat([keys, extra], dim=time)

    def _split(self, projected: Any) -> Any:
        heads = ops.unflatten(projected, -1, (self.num_heads, self.head_dim))
        if projected.ndim == 2:
            return ops.transpose(heads, 0, 1)
        return ops.transpose(heads, 1, 2) if self.batch_first else ops.permute(heads, 1, 2, 0, 3)

    def _joined(self, heads: Any) -> Any:
        if heads.ndim == 3:
            return ops.flatten(ops.transpose(heads, 0, 1), -2)
        return ops.flatten(ops.transpose(heads, 1, 2) if self.batch_first else ops.permute(heads, 2, 0, 1, 3), -2)

    def _weighed(self, q: Any, k: Any, v: Any, mask: Any) -> tuple[Any, Any]:
        """The heads' outputs, and the weights that made them."""
        scores = ops.matmul(ops.mul(q, 1 / math.sqrt(self.head_dim)), ops.transpose(k, -2, -1))
        if mask is not None and not _is_bool(mask) and spec_of(mask).dtype != spec_of(scores).dtype:
            raise ShapeError(f"wants masks of bool or {spec_of(scores).dtype} and gets {spec_of(mask).dtype}")
        if mask is not None:
            scores = ops.where(mask, -math.inf, scores) if _is_bool(mask) else ops.add(scores, mask)
        weights = ops.dropout(ops.softmax(scores, -1), self._dropout(), True)
        return ops.matmul(weights, v), weights


def _is_bool(mask: Any) -> bool:
    return spec_of(mask).dtype == "bool"


def _check_mask(name: str, mask: Any, *shapes: tuple[int, ...]) -> None:
    if mask.shape not in shapes:
        raise ShapeError(f"wants {name} to be {' or '.join(map(str, shapes))} and gets {mask.shape}")


def _either(first: Any, second: Any) -> Any:
    """What one of the masks forbids, or the sum of what they add."""
    if first is None or second is None:
        return second if first is None else first
    if _is_bool(first) and _is_bool(second):
        return ops.logical_or(first, second)
    if _is_bool(first):
        return ops.where(first, -math.inf, second)
    return ops.where(second, -math.inf, first) if _is_bool(second) else ops.add(first, second)


def _allowed(mask: Any) -> Any:
    """The mask as scaled_dot_product_attention takes it: true where a key may be looked at."""
    return ops.logical_not(mask) if mask is not None and _is_bool(mask) else mask
