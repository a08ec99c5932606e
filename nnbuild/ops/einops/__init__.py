"""einops' functions on this package's ops: axes rearranged, reduced, repeated by patterns ('b (h w) c -> b c h w').

Source: https://einops.rocks/api/rearrange/
"""

from nnbuild.ops.einops.packing import pack, unpack
from nnbuild.ops.einops.pattern import EinopsError, parse_shape
from nnbuild.ops.einops.products import einsum
from nnbuild.ops.einops.transforming import rearrange, reduce, repeat

__all__ = ["EinopsError", "einsum", "pack", "parse_shape", "rearrange", "reduce", "repeat", "unpack"]
