"""torch.nn's modules on NumPy: containers, layers, Parameter, Buffer, and `init`.

A family of layers is imported when one of them is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_FAMILIES = {
    "module": "Module",
    "layer": "Layer WeightedLayer",
    "parameter": "Parameter Buffer",
    "random": "manual_seed",
    "containers": "Sequential ModuleList ModuleDict",
    "parameter_containers": "ParameterList ParameterDict",
    "convolution": "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d",
    "linear": "Identity Linear",
    "pooling": "MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d AvgPool1d AvgPool2d AvgPool3d"
    " LPPool1d LPPool2d LPPool3d",
    "adaptive_pooling": "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d"
    " AdaptiveMaxPool3d FractionalMaxPool2d FractionalMaxPool3d",
    "padding": "ConstantPad1d ConstantPad2d ConstantPad3d ZeroPad1d ZeroPad2d ZeroPad3d ReflectionPad1d ReflectionPad2d"
    " ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d CircularPad1d CircularPad2d CircularPad3d",
    "activation": "ReLU ReLU6 Threshold RReLU Hardtanh Sigmoid Hardsigmoid Tanh SiLU Mish Hardswish ELU CELU SELU GLU"
    " GELU Hardshrink Softshrink LeakyReLU LogSigmoid Softplus Softsign Tanhshrink PReLU",
    "distribution": "Softmax LogSoftmax Softmin Softmax2d",
    "batch_normalization": "BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm InstanceNorm1d InstanceNorm2d"
    " InstanceNorm3d",
    "normalization": "LayerNorm RMSNorm GroupNorm LocalResponseNorm CrossMapLRN2d",
    "dropout": "Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout",
    "resampling": "Upsample UpsamplingNearest2d UpsamplingBilinear2d PixelShuffle PixelUnshuffle ChannelShuffle",
    "folding": "Unfold Fold",
    "flattening": "Flatten Unflatten",
    "rearranging": "Rearrange Reduce",
    "distance": "PairwiseDistance CosineSimilarity",
    "sparse": "Embedding EmbeddingBag",
    "bilinear": "Bilinear",
    "recurrent": "RNN LSTM GRU RNNCell LSTMCell GRUCell",
    "attention": "MultiheadAttention",
    "transformer_layers": "TransformerEncoderLayer TransformerDecoderLayer",
    "transformer": "TransformerEncoder TransformerDecoder Transformer",
    "uninitialized": "UninitializedParameter UninitializedBuffer",
    "lazy_layers": "LazyLinear LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d"
    " LazyConvTranspose3d LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyInstanceNorm1d LazyInstanceNorm2d"
    " LazyInstanceNorm3d",
}

_NOT_LAYERS = {"module", "layer", "parameter", "uninitialized", "random"}

_HOME = {name: family for family, names in _FAMILIES.items() for name in names.split()}

#: Every layer and container, and the family that it lives in.
LAYERS = {name: family for name, family in _HOME.items() if family not in _NOT_LAYERS}

_MODULES = {"init": f"{__name__}.init", "functional": "nnbuild.ops", "utils": f"{__name__}.reparametrized"}

__all__ = ["LAYERS", *_HOME, *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(_MODULES[name])
    family = _HOME.get(name)
    if family is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{family}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
