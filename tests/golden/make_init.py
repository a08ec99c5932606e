"""Write init.json: what torch's generator and torch.nn.init give after manual_seed. Run where torch is installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

DRAWS = [  # (method, shape, two numbers, dtype); one stream through all of them
    ("uniform", [3, 5], [-0.1, 0.1], "float32"),
    ("normal", [3], [0.5, 2.0], "float32"),
    ("uniform", [7], [0.3, 7.7], "float64"),
    ("normal", [17], [0.1, 0.3], "float32"),
    ("normal", [2], [0.0, 1.0], "float64"),
    ("uniform", [5], [-1.0, 1.0], "float16"),
    ("normal", [5, 7], [0.1, 0.3], "float64"),
    ("normal", [19], [0.0, 1.0], "float16"),
    ("uniform", [], [0.0, 1.0], "float32"),
    ("uniform", [40], [100.0, 100.00002], "float32"),
]

CASES: list[tuple[str, list[int], dict[str, Any]]] = [
    ("uniform_", [4, 5], {"a": -2.0, "b": 3.0}),
    ("normal_", [5, 5], {"mean": 1.0, "std": 0.1}),
    ("trunc_normal_", [6, 7], {}),
    ("trunc_normal_", [3, 7], {"std": 0.02, "a": -0.03, "b": 0.05}),
    ("trunc_normal_", [6, 7], {"a": 2.0, "b": 3.5, "mean": 0.5}),
    ("constant_", [2, 3], {"val": 0.3}),
    ("ones_", [3], {}),
    ("zeros_", [3], {}),
    ("eye_", [3, 5], {}),
    ("dirac_", [4, 3, 5], {}),
    ("dirac_", [6, 3, 3, 2], {"groups": 3}),
    ("dirac_", [2, 3, 3, 1, 2], {"groups": 2}),
    ("xavier_uniform_", [4, 3, 2], {"gain": 1.5}),
    ("xavier_normal_", [4, 6], {}),
    ("kaiming_uniform_", [6, 3, 3, 3], {"a": 5**0.5}),
    ("kaiming_uniform_", [5, 4], {"mode": "fan_out", "nonlinearity": "relu"}),
    ("kaiming_normal_", [5, 4], {"mode": "fan_out", "nonlinearity": "tanh"}),
    ("orthogonal_", [4, 6], {"gain": 2.0}),
    ("orthogonal_", [7, 2, 2], {}),
    ("sparse_", [7, 3], {"sparsity": 0.4}),
    ("sparse_", [1, 2], {"sparsity": 1.5, "std": 1.0}),
]


def main() -> None:
    torch.manual_seed(2024)
    draws = []
    for method, shape, (first, second), dtype in DRAWS:
        values = getattr(torch.empty(shape, dtype=getattr(torch, dtype)), method + "_")(first, second)
        draws.append([method, shape, [first, second], dtype, values.tolist()])
    draws.append(["permutation", 9, [], "int64", torch.randperm(9).tolist()])
    cases = []
    for seed, (name, shape, options) in enumerate(CASES):
        torch.manual_seed(seed)
        cases.append([seed, name, shape, options, getattr(torch.nn.init, name)(torch.empty(shape), **options).tolist()])
    lines = [
        f'"{key}": [\n' + ",\n".join(map(json.dumps, rows)) + "\n]"
        for key, rows in zip(("draws", "cases"), (draws, cases), strict=True)
    ]
    Path(__file__).with_name("init.json").write_text("{" + ",\n".join(lines) + "}\n")


if __name__ == "__main__":
    main()
