"""Multi-head attention and the Transformer's layers."""

from tests.cases import case

_ENCODER = "TransformerEncoderLayer(8, 2, 6"
_DECODER = "TransformerDecoderLayer(8, 2, 6"

CASES = [
    case("MultiheadAttention(8, 2)", (5, 2, 8), (5, 2, 8), (5, 2, 8), output=[(5, 2, 8), (2, 5, 5)], params=288,
         batched=False),
    case("MultiheadAttention(8, 2, batch_first=True)", (2, 3, 8), (2, 5, 8), (2, 5, 8),
         output=[(2, 3, 8), (2, 2, 3, 5)], params=288, call={"average_attn_weights": False}),
    case("MultiheadAttention(8, 4, bias=False)", (3, 8), (5, 8), (5, 8), output=[(3, 8), (3, 5)], params=256,
         batched=False),
    case("MultiheadAttention(8, 2, kdim=3, vdim=5, batch_first=True)", (2, 4, 8), (2, 6, 3), (2, 6, 5),
         output=(2, 4, 8), params=224, call={"need_weights": False}),
    case("MultiheadAttention(8, 2, 0.5, True, True, True)", (4, 2, 8), (6, 2, 8), (6, 2, 8),
         output=[(4, 2, 8), (2, 4, 8)], params=304, batched=False),
    case("MultiheadAttention(8, 2, add_bias_kv=True, add_zero_attn=True)", (4, 8), (6, 8), (6, 8),
         output=[(4, 8), (2, 4, 8)], params=304, call={"average_attn_weights": False}, batched=False),
    case("MultiheadAttention(8, 2, batch_first=True)", (0, 3, 8), (0, 5, 8), (0, 5, 8), output=(0, 3, 8), params=288,
         call={"need_weights": False}),
    case(f"{_ENCODER})", (5, 2, 8), output=(5, 2, 8), params=430, batched=False),
    case(f"{_ENCODER}, batch_first=True)", (2, 5, 8), output=(2, 5, 8), params=430),
    case(f"{_ENCODER}, 0.0, 'gelu', 1e-3, norm_first=True)", (5, 8), output=(5, 8), params=430, batched=False),
    case(f"{_ENCODER}, bias=False, activation=GELU('tanh'))", (5, 2, 8), output=(5, 2, 8), params=368, batched=False),
    case(f"{_ENCODER}, dropout=0.0)", (5, 2, 8), output=(5, 2, 8), params=430, train=True),
    case(f"{_DECODER})", (5, 2, 8), (3, 2, 8), output=(5, 2, 8), params=734, batched=False),
    case(f"{_DECODER}, batch_first=True, norm_first=True)", (2, 5, 8), (2, 3, 8), output=(2, 5, 8), params=734),
    case(f"{_DECODER}, activation='gelu', bias=False)", (5, 8), (3, 8), output=(5, 8), params=632, batched=False),
    case(f"TransformerEncoder({_ENCODER}), 3)", (5, 2, 8), output=(5, 2, 8), params=1290, batched=False),
    case(f"TransformerEncoder({_ENCODER}, batch_first=True), 2, LayerNorm(8))", (2, 5, 8), output=(2, 5, 8),
         params=876),
    case(f"TransformerDecoder({_DECODER}), 2, norm=LayerNorm(8))", (5, 2, 8), (3, 2, 8), output=(5, 2, 8),
         params=1484, batched=False),
    case("Transformer(8, 2, 1, 2, 6)", (5, 2, 8), (3, 2, 8), output=(3, 2, 8), params=1930, batched=False),
    case("Transformer(8, 2, 2, 1, 6, 0.0, 'gelu', batch_first=True, norm_first=True, bias=False)", (2, 5, 8),
         (2, 3, 8), output=(2, 3, 8), params=1384),
]  # fmt: skip
