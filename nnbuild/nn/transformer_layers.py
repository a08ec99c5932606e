"""The layers of a Transformer: attention and two linear layers, each with a shortcut, dropout and a layer norm.

Source: https://docs.pytorch.org/docs/stable/nn.html#transformer-layers
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from nnbuild import ops
from nnbuild.errors import OptionError
from nnbuild.nn.attention import MultiheadAttention
from nnbuild.nn.dropout import Dropout
from nnbuild.nn.layer import WeightedLayer
from nnbuild.nn.linear import Linear
from nnbuild.nn.normalization import LayerNorm
from nnbuild.nn.taking import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[[Any], Any]

#: What torch's option `activation` names.
_ACTIVATIONS: dict[str, Function] = {"relu": ops.relu, "gelu": ops.gelu}


class _TransformerLayer(WeightedLayer):
    """What encoder and decoder layers share: attentions, then two linear layers with an activation between."""

    attentions: ClassVar[tuple[str, ...]]

    d_model: int
    nhead: int
    dim_feedforward: int = 2048
    dropout: float = 0.1
    activation: Literal["relu", "gelu"] | Function = "relu"
    layer_norm_eps: float = 1e-5
    batch_first: bool = False
    norm_first: bool = False
    bias: bool = True

    def build(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int,
        dropout: float,
        activation: str | Function,
        layer_norm_eps: float,
        batch_first: bool,
        bias: bool,
        dtype: str | None,
    ) -> None:
        if not callable(activation) and activation not in _ACTIVATIONS:
            raise OptionError(
                f"{type(self).__name__} wants 'relu', 'gelu' or a function for activation and gets {activation!r}",
                option="activation",
            )
        for name in self.attentions:
            attention = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype)
            self.add_module(name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype)
        self.add_module("dropout", Dropout(dropout))
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype)
        steps = range(1, len(self.attentions) + 2)
        for step in steps:
            self.add_module(f"norm{step}", LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype))
        for step in steps:
            self.add_module(f"dropout{step}", Dropout(dropout))
        self.activation = activation if callable(activation) else _ACTIVATIONS[activation]

    def _attend(self, name: str, x: Any, memory: Any, mask: Any, padding: Any, is_causal: bool) -> Any:
        """x, or its normalised form, looks at the memory, or without one at itself."""
        memory = x if memory is None else memory
        attention = getattr(self, name)
        return attention(
            x, memory, memory, attn_mask=mask, key_padding_mask=padding, need_weights=False, is_causal=is_causal
        )[0]

    def _feed_forward(self, x: Any) -> Any:
        dropout, activation = cast(Dropout, self.dropout), cast("Function", self.activation)
        return self.linear2(dropout(activation(self.linear1(x))))

    def _added(self, step: int, x: Any, sublayer: Any, *args: Any) -> Any:
        """x plus what the sublayer makes of it, normalised before or after: https://arxiv.org/abs/2002.04745."""
        norm, dropout = getattr(self, f"norm{step}"), getattr(self, f"dropout{step}")
        if self.norm_first:
            return ops.add(x, dropout(sublayer(norm(x), *args)))
        return norm(ops.add(x, dropout(sublayer(x, *args))))

    def extra_repr(self) -> str:
        return ""


class TransformerEncoderLayer(_TransformerLayer):
    """Self-attention and two linear layers, each with a shortcut, dropout and a layer norm.

    Shape: src (S, N, d_model), with batch_first (N, S, d_model), without a batch (S, d_model) -> the same. src_mask
    (S, S) or (N * nhead, S, S), src_key_padding_mask (N, S): true where a key must not be looked at, or numbers added.
    Params: self_attn, linear1 (dim_feedforward, d_model), linear2 (d_model, dim_feedforward), norm1, norm2.
    Source: https://arxiv.org/abs/1706.03762
    """

    attentions = ("self_attn",)

    def forward(
        self, src: Tensor, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Any:
        def attend(x: Any) -> Any:
            return self._attend("self_attn", x, None, src_mask, src_key_padding_mask, is_causal)

        return self._added(2, self._added(1, src, attend), self._feed_forward)


class TransformerDecoderLayer(_TransformerLayer):
    """Self-attention, attention to the encoder's output and two linear layers, each with shortcut, dropout and norm.

    Shape: tgt (T, N, d_model) and memory (S, N, d_model), with batch_first N before T and S, without a batch no N
    -> the shape of tgt. tgt_mask (T, T), memory_mask (T, S) or one for each head (N * nhead, ...);
    tgt_key_padding_mask (N, T), memory_key_padding_mask (N, S): true where a key must not be looked at, or numbers
    that are added.
    Params: self_attn, multihead_attn, linear1 (dim_feedforward, d_model), linear2 (d_model, dim_feedforward),
    norm1, norm2, norm3.
    Source: https://arxiv.org/abs/1706.03762
    """

    attentions = ("self_attn", "multihead_attn")

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        def attend(x: Any) -> Any:
            return self._attend("self_attn", x, None, tgt_mask, tgt_key_padding_mask, tgt_is_causal)

        def look_up(x: Any) -> Any:
            return self._attend("multihead_attn", x, memory, memory_mask, memory_key_padding_mask, memory_is_causal)

        return self._added(3, self._added(2, self._added(1, tgt, attend), look_up), self._feed_forward)
