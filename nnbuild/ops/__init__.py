"""Operations on tensors, with the names of torch.nn.functional and of tensor methods.

Each takes arrays and computes, or takes a `TensorSpec` and infers; see `nnbuild.ops.op`. A family is imported when one
of its ops is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# A family's file must not be named like an op: importing it would hide the op.
from nnbuild.ops.namespaces import NAMESPACES, Namespace
from nnbuild.ops.nests import is_tensor
from nnbuild.ops.op import Op
from nnbuild.ops.spec import TensorSpec
from nnbuild.ops.tensor_like import give_operators

# A name with a dot before it is a method of tensors too, as in torch, the tensor being its first argument.
_FAMILIES = {
    "arithmetic": ".add .sub .subtract .mul .multiply .div .divide .true_divide .floor_divide .remainder .fmod .pow"
    " .neg .negative .eq .ne .lt .le .gt .ge .logical_and .logical_or .logical_xor .logical_not .bitwise_and"
    " .bitwise_or .bitwise_xor .bitwise_not",
    "mathematics": ".sqrt .rsqrt .reciprocal .square .exp .exp2 .expm1 .log .log2 .log10 .log1p .logaddexp .sin .cos"
    " .tan .asin .acos .atan .atan2 .sinh .cosh .asinh .acosh .atanh .erf .erfc .abs .absolute .sign"
    " .floor .ceil .trunc .round .frac",
    "limits": ".minimum .maximum .clamp .clip .clamp_min .clamp_max",
    "mixing": "where .lerp .addcmul .addcdiv",
    "finiteness": ".isnan .isinf .isfinite .nan_to_num",
    "reduction": ".sum .mean .prod .amax .amin .all .any .count_nonzero .var .std var_mean std_mean .logsumexp"
    " .cumsum .cumprod",
    "ordering": ".max .min .argmax .argmin .argsort .sort .topk .kthvalue .median",
    "indexing": "getitem",
    "gathering": ".gather .index_select .take_along_dim .scatter .scatter_add",
    "finding": ".nonzero .masked_select .unique",
    "placing": ".scatter_reduce .index_put",
    "bits": ".bitwise_left_shift .bitwise_right_shift bitcast",
    "regions": "nms roi_align",
    "resizing": "resize_axes",
    "masking": ".masked_fill .tril .triu one_hot",
    "items": "setitem",
    "creation": "zeros ones empty full zeros_like ones_like empty_like full_like .new_zeros .new_ones .new_empty"
    " .new_full arange linspace eye tensor tril_indices triu_indices meshgrid",
    "sampling": "randn rand randn_like rand_like .bernoulli .multinomial",
    "in_place": ".add_ .sub_ .subtract_ .mul_ .multiply_ .div_ .divide_ .true_divide_ .floor_divide_ .remainder_ .fmod_"
    " .pow_ .neg_ .negative_ .eq_ .ne_ .lt_ .le_ .gt_ .ge_ .logical_and_ .logical_or_ .logical_xor_ .logical_not_"
    " .bitwise_and_ .bitwise_or_ .bitwise_xor_ .bitwise_not_ .sqrt_ .rsqrt_ .reciprocal_ .square_ .exp_ .exp2_ .expm1_"
    " .log_ .log2_ .log10_ .log1p_ .sin_ .cos_ .tan_ .asin_ .acos_ .atan_ .atan2_ .sinh_ .cosh_ .erf_ .erfc_ .abs_"
    " .absolute_ .sign_ .floor_ .ceil_ .trunc_ .round_ .frac_ .clamp_ .clip_ .clamp_min_ .clamp_max_ .lerp_ .addcmul_"
    " .addcdiv_ .nan_to_num_ .cumsum_ .cumprod_ .scatter_ .scatter_add_ .masked_fill_ .tril_ .triu_ .zero_ .fill_"
    " .copy_ .addmm_ .baddbmm_ .relu_ .sigmoid_ .tanh_ elu_ celu_ selu_ leaky_relu_ hardtanh_ threshold_ rrelu_",
    "complex_parts": "real imag view_as_real view_as_complex .conj .conj_physical .resolve_conj .adjoint .angle .sgn"
    " .isreal complex polar",
    "fourier": "fft_fft fft_ifft fft_rfft fft_irfft fft_hfft fft_ihfft fft_fft2 fft_ifft2 fft_rfft2 fft_irfft2"
    " fft_hfft2 fft_ihfft2 fft_fftn fft_ifftn fft_rfftn fft_irfftn fft_hfftn fft_ihfftn fft_fftshift fft_ifftshift"
    " fft_fftfreq fft_rfftfreq",
    "tapers": "hann_window hamming_window blackman_window bartlett_window kaiser_window",
    "spectrograms": ".stft .istft",
    "casting": ".to .type_as .half .float .double .byte .short .int .long .bool .cfloat .cdouble",
    "convolution": "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d",
    "products": "linear .matmul .mm .bmm .mv .dot .outer .addmm .baddbmm",
    "contraction": "einsum tensordot",
    "norms": ".norm linalg_norm linalg_vector_norm linalg_matrix_norm",
    "matrix_products": "linalg_matmul linalg_multi_dot linalg_matrix_power .matrix_power linalg_vecdot linalg_cross"
    " .cross linalg_diagonal",
    "inverses": "linalg_inv .inverse linalg_pinv linalg_matrix_rank linalg_solve linalg_solve_triangular",
    "determinants": "linalg_det .det .logdet linalg_slogdet .slogdet",
    "decompositions": "linalg_cholesky .cholesky linalg_qr linalg_svd linalg_svdvals linalg_eigh linalg_eigvalsh"
    " linalg_eig linalg_eigvals",
    "shaping": ".view .reshape .view_as .reshape_as .flatten .ravel .unflatten .squeeze .unsqueeze .permute .transpose"
    " .swapaxes .swapdims .t .movedim .moveaxis .contiguous .clone .detach",
    "repetition": ".expand .expand_as .broadcast_to .repeat .tile .repeat_interleave .roll .flip",
    "joining": "cat concat concatenate stack hstack vstack .split .chunk .tensor_split .unbind .narrow .select",
    "pooling": "max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d lp_pool1d lp_pool2d lp_pool3d",
    "unpooling": "max_unpool1d max_unpool2d max_unpool3d",
    "adaptive_pooling": "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d"
    " adaptive_max_pool2d adaptive_max_pool3d",
    "activation": ".relu relu6 hardtanh .sigmoid .tanh logsigmoid leaky_relu elu selu celu gelu silu mish softplus"
    " softsign tanhshrink softshrink .hardshrink hardsigmoid hardswish threshold",
    "distribution": ".softmax .log_softmax softmin normalize glu",
    "noise": "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout rrelu .prelu",
    "fractional_pooling": "fractional_max_pool2d fractional_max_pool3d",
    "padding": "pad",
    "resampling": "interpolate upsample upsample_nearest upsample_bilinear",
    "grids": "grid_sample affine_grid",
    "shuffling": "pixel_shuffle pixel_unshuffle channel_shuffle",
    "folding": "unfold fold",
    "diagonals": ".diagonal",
    "sliding": "tensor_unfold",
    "similarity": "cosine_similarity pairwise_distance cdist",
    "lookup": "embedding embedding_bag",
    "cross_map": "cross_map_lrn2d",
    "normalization": "batch_norm instance_norm layer_norm group_norm rms_norm local_response_norm",
    "recurrence": "rnn_tanh rnn_relu gru lstm rnn_tanh_cell rnn_relu_cell gru_cell lstm_cell",
    "packed_recurrence": "packed_rnn_tanh packed_rnn_relu packed_gru packed_lstm padded_rnn_tanh padded_rnn_relu"
    " padded_gru padded_lstm pad_steps",
    "attention": "scaled_dot_product_attention",
    "bilinear_map": "bilinear",
}  # fmt: skip

#: Every op's name, and the family that it lives in.
OPS = {name.removeprefix("."): family for family, names in _FAMILIES.items() for name in names.split()}

#: The ops that a tensor has as methods, itself being the first argument.
METHODS = frozenset(name[1:] for names in _FAMILIES.values() for name in names.split() if name.startswith("."))

__all__ = ["METHODS", "OPS", "Op", "TensorSpec", "is_tensor", *NAMESPACES, *OPS]


def __getattr__(name: str) -> Any:
    if name in NAMESPACES:
        return Namespace(name)
    family = OPS.get(name)
    if family is None:
        raise AttributeError(f"module {__name__!r} has no op {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{family}"), name)
    return value


give_operators(__getattr__)


def __dir__() -> list[str]:
    return sorted(__all__)
