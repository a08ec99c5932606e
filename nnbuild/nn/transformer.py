"""The Transformer: a stack of encoder layers, a stack of decoder layers, and both together.

Source: https://docs.pytorch.org/docs/stable/nn.html#transformer-layers
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from nnbuild.budget import charge_modules
from nnbuild.errors import OptionError, ShapeError
from nnbuild.lazy import np
from nnbuild.nn import init
from nnbuild.nn.containers import ModuleList
from nnbuild.nn.layer import Layer, WeightedLayer
from nnbuild.nn.module import Module
from nnbuild.nn.normalization import LayerNorm
from nnbuild.nn.options import few_layers
from nnbuild.nn.taking import Tensor
from nnbuild.nn.transformer_layers import TransformerDecoderLayer, TransformerEncoderLayer

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[[Any], Any]


class _Stack(Layer):
    """Deep copies of one layer, which begin with equal weights, and a norm behind them."""

    num_layers: ClassVar[Any]

    def _fill(self, layer: Any, norm: Any) -> None:
        name = type(self).__name__
        for option, module in (("layer", layer), ("norm", norm)):
            if not isinstance(module, Module) and not (option == "norm" and module is None):
                raise OptionError(f"{name} wants a module for its {option} and gets {module!r}", option=option)
        if self.num_layers < 1:
            raise OptionError(f"{name} wants num_layers of at least 1 and gets {self.num_layers}", option="num_layers")
        few_layers(name, self.num_layers)
        inside = sum(1 for _ in layer.modules())
        copies = []
        for _ in range(self.num_layers):
            charge_modules(inside)
            copies.append(copy.deepcopy(layer))
        self.layers = ModuleList(copies)
        setattr(self, "norm", norm)  # noqa: B010

    def extra_repr(self) -> str:
        return ""


class TransformerEncoder(_Stack):
    """`num_layers` copies of an encoder layer, one after another, and a norm behind them.

    Shape: as TransformerEncoderLayer. Nested tensors, which two options are about, do not exist here.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html
    """

    encoder_layer: Module
    num_layers: int  # type: ignore[misc]
    norm: Module | None = None
    enable_nested_tensor: bool = True
    mask_check: bool = True

    def build(self, encoder_layer: Any, norm: Any) -> None:
        self._fill(encoder_layer, norm)

    def forward(
        self, src: Tensor, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Any:
        for layer in self.layers:
            src = layer(src, src_mask=mask, is_causal=is_causal is True, src_key_padding_mask=src_key_padding_mask)
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(_Stack):
    """`num_layers` copies of a decoder layer, one after another, and a norm behind them.

    Shape: as TransformerDecoderLayer.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.TransformerDecoder.html
    """

    decoder_layer: Module
    num_layers: int  # type: ignore[misc]
    norm: Module | None = None

    def build(self, decoder_layer: Any, norm: Any) -> None:
        self._fill(decoder_layer, norm)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        for layer in self.layers:
            tgt = layer(
                tgt,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=tgt_is_causal is True,
                memory_is_causal=memory_is_causal,
            )
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(WeightedLayer):
    """Encoder and decoder: from a source sequence and the target so far to features of the target.

    Shape: src (S, N, d_model) and tgt (T, N, d_model), with batch_first N before S and T, without a batch no N
    -> the shape of tgt. Masks as TransformerDecoderLayer's, src_mask and src_key_padding_mask as the encoder's.
    Params: encoder, decoder; all weights of two axes and more are drawn by xavier_uniform_.
    Source: https://arxiv.org/abs/1706.03762
    """

    d_model: int = 512
    nhead: int = 8
    num_encoder_layers: int = 6
    num_decoder_layers: int = 6
    dim_feedforward: int = 2048
    dropout: float = 0.1
    activation: Literal["relu", "gelu"] | Function = "relu"
    custom_encoder: Module | None = None
    custom_decoder: Module | None = None
    layer_norm_eps: float = 1e-5
    batch_first: bool = False
    norm_first: bool = False
    bias: bool = True

    def build(
        self,
        num_encoder_layers: int,
        num_decoder_layers: int,
        dim_feedforward: int,
        dropout: float,
        activation: Any,
        custom_encoder: Any,
        custom_decoder: Any,
        layer_norm_eps: float,
        norm_first: bool,
        bias: bool,
        dtype: str | None,
    ) -> None:
        options = (self.d_model, self.nhead, dim_feedforward, dropout, activation, layer_norm_eps, self.batch_first)
        for name, custom, layer_type, stack_type, count in (
            ("encoder", custom_encoder, TransformerEncoderLayer, TransformerEncoder, num_encoder_layers),
            ("decoder", custom_decoder, TransformerDecoderLayer, TransformerDecoder, num_decoder_layers),
        ):
            if custom is None:
                layer = layer_type(*options, norm_first, bias, dtype=dtype)
                norm = LayerNorm(self.d_model, layer_norm_eps, bias=bias, dtype=dtype)
                custom = stack_type(layer, count, norm)
            setattr(self, name, custom)
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        self._check_sizes(src, tgt)
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    def _check_sizes(self, src: Any, tgt: Any) -> None:
        if src.ndim not in (2, 3) or src.ndim != tgt.ndim:
            axes = "(N, L, d_model)" if self.batch_first else "(L, N, d_model)"
            shapes = f"{src.shape} and {tgt.shape}"
            raise ShapeError(f"wants src and tgt of {axes}, or both of (L, d_model), and gets {shapes}")
        batch = 0 if self.batch_first else 1
        if src.ndim == 3 and src.shape[batch] != tgt.shape[batch]:
            raise ShapeError(f"wants one batch size in src and tgt and gets {src.shape} and {tgt.shape}")
        for name, tensor in (("src", src), ("tgt", tgt)):
            if tensor.shape[-1] != self.d_model:
                raise ShapeError(
                    f"wants {self.d_model} features in {name} and gets {tensor.shape[-1]}: {tensor.shape}",
                    option="d_model",
                )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: str | None = None) -> Any:
        """A causal mask (sz, sz) of numbers to add: 0 on the diagonal and below, -inf above."""
        return np.triu(np.full((sz, sz), -np.inf, str(dtype or "float32")), 1)

    def extra_repr(self) -> str:
        return ""
