"""Lookup layers: Embedding and EmbeddingBag."""

from __future__ import annotations

from typing import Any, Literal, Self

from nnbuild import ops
from nnbuild.errors import OptionError
from nnbuild.nn import init
from nnbuild.nn.layer import WeightedLayer
from nnbuild.nn.parameter import Parameter
from nnbuild.nn.taking import Tensor


class _Table(WeightedLayer):
    """What lookup layers share: the table, drawn at random or given as `_weight`."""

    num_embeddings: int
    embedding_dim: int

    def __init__(self, *args: Any, _weight: Any = None, _freeze: bool = False, **kwargs: Any) -> None:
        self.__dict__["_given"] = None if _weight is None else Parameter(_weight, not _freeze)
        super().__init__(*args, **kwargs)
        self.weight.requires_grad_(not _freeze)

    def build(self, padding_idx: int | None, dtype: str | None) -> None:
        shape, padding = (self.num_embeddings, self.embedding_dim), padding_idx
        for name, size in zip(("num_embeddings", "embedding_dim"), shape, strict=True):
            if size < 0:
                raise OptionError(f"{type(self).__name__} wants {name} of at least 0 and gets {size}", option=name)
        if padding is not None and padding != 0 and not -shape[0] <= padding < shape[0]:
            raise OptionError(
                f"{type(self).__name__} wants a padding_idx below its {shape[0]} rows and gets {padding}",
                option="padding_idx",
            )
        self.padding_idx = padding if padding is None or padding >= 0 else padding + shape[0]
        given = self.__dict__.pop("_given")
        if given is None:
            self.weight = Parameter.empty(shape, dtype or "float32")
            self.reset_parameters()
        elif given.shape != shape:
            raise OptionError(f"{type(self).__name__} wants a _weight of {shape} and gets {given.shape}")
        else:
            self.weight = given

    def reset_parameters(self) -> None:
        """Draw the rows anew, normal numbers; zeros for the row at `padding_idx`."""
        init.normal_(self.weight)
        row = self.padding_idx
        if row is not None:
            self.weight.modify(lambda array: array[row].fill(0))

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, **options: Any) -> Self:
        """The layer with this table (num_embeddings, embedding_dim), frozen unless said otherwise."""
        if len(embeddings.shape) != 2:
            raise OptionError(f"{cls.__name__} wants a table of 2 axes and gets {embeddings.shape}")
        layer = cls(*embeddings.shape, _weight=embeddings, **options)
        layer.weight.requires_grad_(not freeze)
        return layer

    def _shown(self, *lines: str) -> str:
        shown = [str(self.num_embeddings), str(self.embedding_dim)]
        shown += [f"max_norm={self.max_norm}"] if self.max_norm is not None else []
        shown += [f"norm_type={self.norm_type}"] if self.norm_type != 2 else []
        shown += [f"scale_grad_by_freq={self.scale_grad_by_freq}"] if self.scale_grad_by_freq else []
        return ", ".join([*shown, *lines])


class Embedding(_Table):
    """The rows of a table at the indices of the input.

    Shape: (*) of whole numbers -> (*, embedding_dim).
    Params: weight (num_embeddings, embedding_dim); the row at `padding_idx` begins with zeros. `max_norm` scales
    longer rows down when they are looked up, in the table itself. `scale_grad_by_freq` and `sparse` are for training.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html
    """

    padding_idx: int | None = None
    max_norm: float | None = None
    norm_type: float = 2.0
    scale_grad_by_freq: bool = False
    sparse: bool = False

    def forward(self, input: Tensor) -> Any:
        return ops.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )

    def extra_repr(self) -> str:
        rest = ["sparse=True"] if self.sparse else []
        text = self._shown(*rest)
        if self.padding_idx is None:
            return text
        sizes = f"{self.num_embeddings}, {self.embedding_dim}"
        return f"{sizes}, padding_idx={self.padding_idx}{text.removeprefix(sizes)}"


class EmbeddingBag(_Table):
    """The sum, mean or max of a table's rows in each bag of indices.

    Shape: (N, B) of whole numbers, a bag a row; or (M) with `offsets` (N), where each bag begins -> (N, embedding_dim).
    Params: weight (num_embeddings, embedding_dim). Indices equal to `padding_idx` do not count.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.EmbeddingBag.html
    """

    max_norm: float | None = None
    norm_type: float = 2.0
    scale_grad_by_freq: bool = False
    mode: Literal["sum", "mean", "max"] = "mean"
    sparse: bool = False
    include_last_offset: bool = False
    padding_idx: int | None = None

    def forward(self, input: Tensor, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        return ops.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        padding = [] if self.padding_idx is None else [f"padding_idx={self.padding_idx}"]
        return self._shown(f"mode={self.mode!r}", *padding)
