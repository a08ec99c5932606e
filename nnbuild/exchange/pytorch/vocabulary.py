"""Where PyTorch keeps what a spec's names mean: the one table of words.

A name that is in no table here is one of `torch` if it is an op, of `nn` if it is a layer type.
"""

from __future__ import annotations

_FUNCTIONAL = """conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d linear bilinear embedding
    embedding_bag max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d lp_pool1d lp_pool2d lp_pool3d
    max_unpool1d max_unpool2d max_unpool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d
    adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d fractional_max_pool2d fractional_max_pool3d
    relu relu_ relu6 hardtanh hardtanh_ logsigmoid leaky_relu leaky_relu_ elu elu_ selu selu_ celu celu_ gelu silu mish
    softplus softsign tanhshrink softshrink hardshrink hardsigmoid hardswish threshold threshold_ rrelu rrelu_ prelu glu
    softmax log_softmax softmin normalize one_hot dropout dropout1d dropout2d dropout3d alpha_dropout
    feature_alpha_dropout batch_norm instance_norm layer_norm group_norm rms_norm local_response_norm pad interpolate
    upsample upsample_nearest upsample_bilinear grid_sample affine_grid pixel_shuffle pixel_unshuffle channel_shuffle
    unfold fold cosine_similarity pairwise_distance scaled_dot_product_attention"""

#: Ops that stand in torch.nn.functional.
FUNCTIONAL = frozenset(_FUNCTIONAL.split())

_METHODS = """new_zeros new_ones new_empty new_full add_ sub_ subtract_ mul_ multiply_ div_ divide_ true_divide_
    floor_divide_ remainder_ fmod_ pow_ eq_ ne_ lt_ le_ gt_ ge_ logical_and_ logical_or_ logical_xor_ logical_not_
    bitwise_and_ bitwise_or_ bitwise_xor_ bitwise_not_ atan2_ absolute_ sign_ lerp_ addcmul_ addcdiv_ cumsum_ cumprod_
    scatter_ scatter_add_ masked_fill_ tril_ triu_ copy_ addmm_ baddbmm_ to type_as half float double byte short int
    long bool view view_as reshape_as contiguous expand expand_as repeat tensor_unfold"""

#: Ops that are methods of tensors only.
METHODS = frozenset(_METHODS.split())

#: Methods by another name than that of the op.
RENAMED = {"tensor_unfold": "unfold"}

#: Ops that PyTorch has no public function for.
UNKNOWN = frozenset(
    {
        *("getitem", "setitem", "cross_map_lrn2d", "bitcast", "nms", "roi_align", "resize_axes", "pad_steps"),
        *(f"{kind}_{cell}" for kind in ("packed", "padded") for cell in ("rnn_tanh", "rnn_relu", "gru", "lstm")),
    }
)

#: Modules of torch that keep ops of their own: the beginning of an op's name, as in linalg_norm.
SPACES = ("linalg", "fft")

#: Options that PyTorch wants stated where the spec's language has but one meaning.
STATED = {"meshgrid": {"indexing": "ij"}}

#: Python's functions that give a list in a spec and an iterator in Python.
ITERATORS = frozenset({"reversed", "enumerate", "zip", "accumulate", "map", "filter"})

#: Python's functions that call their first argument with the items of the others.
MAPS = frozenset({"map", "filter"})

#: Python's functions that take any iterator.
TAKES_ITERATORS = frozenset(
    {"list", "tuple", "sum", "zip", "enumerate", "sorted", "max", "min", "any", "all", "dict", "accumulate", "prod",
     "set", "iter", "next", "map", "filter"}
)  # fmt: skip

#: Python's functions that are ops where a tensor is given.
EITHER = frozenset({"max", "min", "sum", "abs", "round", "any", "all", "prod"})

#: Bare functions on numbers that live in Python's math, or are ops where a tensor is given.
MATH = frozenset({"sqrt", "ceil", "floor", "log", "log2", "exp", "prod"})

#: Functions of the standard library: the module that has them.
IMPORTED = {"partial": "functools", "accumulate": "itertools", "OrderedDict": "collections", "fnmatch": "fnmatch"}

#: Layers of other libraries: the module that has them.
LAYERS_ELSEWHERE = {"Rearrange": "einops.layers.torch", "Reduce": "einops.layers.torch"}

#: Namespaces of functions: how they are written before a name; one of another library is imported name by name.
NAMESPACES = {"rnn": "nn.utils.rnn.", "einops": ""}

#: Constants by their other spellings.
CONSTANTS = {"true": True, "false": False, "null": None}

#: Names that a variable must not take in the file that is written.
RESERVED = frozenset({"torch", "nn", "F", "math", "self", "super", *IMPORTED})
