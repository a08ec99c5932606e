# Written by `python -m tests.stubs.make`; a test holds it equal to the registry.

from nnbuild import ops as ops
from nnbuild.nn import init as init, reparametrized as utils
from nnbuild.nn.activation import CELU as CELU, ELU as ELU, GELU as GELU, GLU as GLU, Hardshrink as Hardshrink, Hardsigmoid as Hardsigmoid, Hardswish as Hardswish, Hardtanh as Hardtanh, LeakyReLU as LeakyReLU, LogSigmoid as LogSigmoid, Mish as Mish, PReLU as PReLU, RReLU as RReLU, ReLU as ReLU, ReLU6 as ReLU6, SELU as SELU, SiLU as SiLU, Sigmoid as Sigmoid, Softplus as Softplus, Softshrink as Softshrink, Softsign as Softsign, Tanh as Tanh, Tanhshrink as Tanhshrink, Threshold as Threshold
from nnbuild.nn.adaptive_pooling import AdaptiveAvgPool1d as AdaptiveAvgPool1d, AdaptiveAvgPool2d as AdaptiveAvgPool2d, AdaptiveAvgPool3d as AdaptiveAvgPool3d, AdaptiveMaxPool1d as AdaptiveMaxPool1d, AdaptiveMaxPool2d as AdaptiveMaxPool2d, AdaptiveMaxPool3d as AdaptiveMaxPool3d, FractionalMaxPool2d as FractionalMaxPool2d, FractionalMaxPool3d as FractionalMaxPool3d
from nnbuild.nn.attention import MultiheadAttention as MultiheadAttention
from nnbuild.nn.batch_normalization import BatchNorm1d as BatchNorm1d, BatchNorm2d as BatchNorm2d, BatchNorm3d as BatchNorm3d, InstanceNorm1d as InstanceNorm1d, InstanceNorm2d as InstanceNorm2d, InstanceNorm3d as InstanceNorm3d, SyncBatchNorm as SyncBatchNorm
from nnbuild.nn.bilinear import Bilinear as Bilinear
from nnbuild.nn.containers import ModuleDict as ModuleDict, ModuleList as ModuleList, Sequential as Sequential
from nnbuild.nn.convolution import Conv1d as Conv1d, Conv2d as Conv2d, Conv3d as Conv3d, ConvTranspose1d as ConvTranspose1d, ConvTranspose2d as ConvTranspose2d, ConvTranspose3d as ConvTranspose3d
from nnbuild.nn.distance import CosineSimilarity as CosineSimilarity, PairwiseDistance as PairwiseDistance
from nnbuild.nn.distribution import LogSoftmax as LogSoftmax, Softmax as Softmax, Softmax2d as Softmax2d, Softmin as Softmin
from nnbuild.nn.dropout import AlphaDropout as AlphaDropout, Dropout as Dropout, Dropout1d as Dropout1d, Dropout2d as Dropout2d, Dropout3d as Dropout3d, FeatureAlphaDropout as FeatureAlphaDropout
from nnbuild.nn.flattening import Flatten as Flatten, Unflatten as Unflatten
from nnbuild.nn.folding import Fold as Fold, Unfold as Unfold
from nnbuild.nn.layer import Layer as Layer, WeightedLayer as WeightedLayer
from nnbuild.nn.lazy_layers import LazyBatchNorm1d as LazyBatchNorm1d, LazyBatchNorm2d as LazyBatchNorm2d, LazyBatchNorm3d as LazyBatchNorm3d, LazyConv1d as LazyConv1d, LazyConv2d as LazyConv2d, LazyConv3d as LazyConv3d, LazyConvTranspose1d as LazyConvTranspose1d, LazyConvTranspose2d as LazyConvTranspose2d, LazyConvTranspose3d as LazyConvTranspose3d, LazyInstanceNorm1d as LazyInstanceNorm1d, LazyInstanceNorm2d as LazyInstanceNorm2d, LazyInstanceNorm3d as LazyInstanceNorm3d, LazyLinear as LazyLinear
from nnbuild.nn.linear import Identity as Identity, Linear as Linear
from nnbuild.nn.module import Module as Module
from nnbuild.nn.normalization import CrossMapLRN2d as CrossMapLRN2d, GroupNorm as GroupNorm, LayerNorm as LayerNorm, LocalResponseNorm as LocalResponseNorm, RMSNorm as RMSNorm
from nnbuild.nn.padding import CircularPad1d as CircularPad1d, CircularPad2d as CircularPad2d, CircularPad3d as CircularPad3d, ConstantPad1d as ConstantPad1d, ConstantPad2d as ConstantPad2d, ConstantPad3d as ConstantPad3d, ReflectionPad1d as ReflectionPad1d, ReflectionPad2d as ReflectionPad2d, ReflectionPad3d as ReflectionPad3d, ReplicationPad1d as ReplicationPad1d, ReplicationPad2d as ReplicationPad2d, ReplicationPad3d as ReplicationPad3d, ZeroPad1d as ZeroPad1d, ZeroPad2d as ZeroPad2d, ZeroPad3d as ZeroPad3d
from nnbuild.nn.parameter import Buffer as Buffer, Parameter as Parameter
from nnbuild.nn.parameter_containers import ParameterDict as ParameterDict, ParameterList as ParameterList
from nnbuild.nn.pooling import AvgPool1d as AvgPool1d, AvgPool2d as AvgPool2d, AvgPool3d as AvgPool3d, LPPool1d as LPPool1d, LPPool2d as LPPool2d, LPPool3d as LPPool3d, MaxPool1d as MaxPool1d, MaxPool2d as MaxPool2d, MaxPool3d as MaxPool3d, MaxUnpool1d as MaxUnpool1d, MaxUnpool2d as MaxUnpool2d, MaxUnpool3d as MaxUnpool3d
from nnbuild.nn.random import manual_seed as manual_seed
from nnbuild.nn.rearranging import Rearrange as Rearrange, Reduce as Reduce
from nnbuild.nn.recurrent import GRU as GRU, GRUCell as GRUCell, LSTM as LSTM, LSTMCell as LSTMCell, RNN as RNN, RNNCell as RNNCell
from nnbuild.nn.resampling import ChannelShuffle as ChannelShuffle, PixelShuffle as PixelShuffle, PixelUnshuffle as PixelUnshuffle, Upsample as Upsample, UpsamplingBilinear2d as UpsamplingBilinear2d, UpsamplingNearest2d as UpsamplingNearest2d
from nnbuild.nn.sparse import Embedding as Embedding, EmbeddingBag as EmbeddingBag
from nnbuild.nn.transformer import Transformer as Transformer, TransformerDecoder as TransformerDecoder, TransformerEncoder as TransformerEncoder
from nnbuild.nn.transformer_layers import TransformerDecoderLayer as TransformerDecoderLayer, TransformerEncoderLayer as TransformerEncoderLayer
from nnbuild.nn.uninitialized import UninitializedBuffer as UninitializedBuffer, UninitializedParameter as UninitializedParameter

functional = ops

LAYERS: dict[str, str]
