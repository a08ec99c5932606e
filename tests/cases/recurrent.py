"""Recurrent layers and their cells."""

from tests.cases import case

CASES = [
    case("RNN(3, 4)", (5, 2, 3), output=[(5, 2, 4), (1, 2, 4)], params=36, batched=False),
    case("RNN(3, 4, 2, 'relu', False, True, 0.5, True)", (2, 5, 3), output=[(2, 5, 8), (4, 2, 4)], params=152,
         batched=False),
    case("RNN(3, 4, nonlinearity='relu', batch_first=True)", (5, 3), (1, 4), output=[(5, 4), (1, 4)], params=36,
         batched=False),
    case("LSTM(3, 4)", (5, 2, 3), output=[(5, 2, 4), (1, 2, 4), (1, 2, 4)], params=144, batched=False),
    case("LSTM(3, 4, 2, bidirectional=True, batch_first=True)", (2, 5, 3),
         output=[(2, 5, 8), (4, 2, 4), (4, 2, 4)], params=736, batched=False),
    case("LSTM(3, 4, 3, dropout=0.5, bias=False)", (5, 2, 3), output=[(5, 2, 4), (3, 2, 4), (3, 2, 4)], params=368,
         batched=False),
    case("LSTM(3, 5, 2, proj_size=2, bidirectional=True)", (4, 2, 3), output=[(4, 2, 4), (4, 2, 2), (4, 2, 5)],
         params=640, batched=False),
    case("LSTM(3, 4)", (1, 3), output=[(1, 4), (1, 4), (1, 4)], params=144, batched=False),
    case("LSTM(3, 4)", (5, 0, 3), output=[(5, 0, 4), (1, 0, 4), (1, 0, 4)], params=144, batched=False),
    case("GRU(3, 4)", (5, 2, 3), (1, 2, 4), output=[(5, 2, 4), (1, 2, 4)], params=108, batched=False),
    case("GRU(3, 4, 2, True, True, 0.0, True)", (2, 5, 3), (4, 2, 4), output=[(2, 5, 8), (4, 2, 4)], params=552,
         batched=False),
    case("GRU(3, 4, 2, dropout=0.5)", (5, 3), output=[(5, 4), (2, 4)], params=228, batched=False),
    case("RNNCell(3, 4)", (2, 3), output=(2, 4), params=36),
    case("RNNCell(3, 4, False, 'relu')", (2, 3), (2, 4), output=(2, 4), params=28),
    case("LSTMCell(3, 4)", (2, 3), output=[(2, 4), (2, 4)], params=144),
    case("LSTMCell(3, 4, bias=False)", (3,), output=[(4,), (4,)], params=112, batched=False),
    case("GRUCell(3, 4)", (2, 3), (2, 4), output=(2, 4), params=108),
    case("GRUCell(3, 4)", (3,), (4,), output=(4,), params=108, batched=False),
]  # fmt: skip
