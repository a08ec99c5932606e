"""torch.nn.utils' norms of weights: layers whose weight is computed of other tensors. It goes by the name `nn.utils`.

    layer = nn.utils.parametrizations.weight_norm(nn.Conv1d(1, 8, 3))    # parametrizations.weight.original0, original1
    layer = nn.utils.weight_norm(nn.Conv1d(1, 8, 3))                     # the form before: weight_g, weight_v

Source: https://docs.pytorch.org/docs/stable/nn.html#module-torch.nn.utils
"""

from nnbuild.nn import sequences as rnn
from nnbuild.nn.reparametrized import parametrizations, parametrize
from nnbuild.nn.reparametrized.by_suffix import (
    remove_spectral_norm,
    remove_weight_norm,
    spectral_norm,
    weight_norm,
)

__all__ = [
    "parametrizations", "parametrize", "remove_spectral_norm", "remove_weight_norm", "rnn", "spectral_norm",
    "weight_norm",
]  # fmt: skip
