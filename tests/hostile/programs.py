"""Programs composed of what makes work grow: statements that share, double, spread, copy, nest and call, in loops."""

from __future__ import annotations

from random import Random

#: Each works on the names of `START`, and may be repeated any number of times.
STATEMENTS = (
    "y = [y, y]", "y = y + y", "y += y", "y = [*y, *y]", "y = y[:]", "y = y * 2", "y = [y]", "y.append(y)",
    "y = (y, 1)", "a, *y = [1, *y]", "y = list(zip(y, y))", "y = sorted([i, 1])", "z = y == [1]", "z = y in [y]",
    "z = i in y", "y = [[j for j in range(9)] for k in range(9)]", "y = list(range(i * 9))",
    "y = dict(zip(range(9), range(9)))", "d[i] = y", "d = {'a': d, 'b': d}", "d = {**d, i: 1}", "d.update(d)",
    "z = d.get('a')", "z = list(d.items())", "t = t + t", "t = f'{t}{t}'", "t = f'{t}{i}'", "z = t in t", "k = k * k",
    "k = k << i", "k = k + 1", "z = 0.5 in range(i)", "x = x + 1", "x = r(x)", "x = b(x)", "x = x.view(4, -1)",
    "x = x.T", "x = torch.cat([x, x])[:4]", "x = torch.cat([x, x])", "x = x.unsqueeze(0)[0]", "x = x.unsqueeze(0)",
    "parts = x.split(1)", "parts = [*parts, x]", "x = torch.stack([*parts])[0]", "x = -x.clone()",
    "x = x.clone().relu_()", "x.relu_()", "x = x * x.size(0)", "x = x.repeat(2, 1)[:4]", "z = [len(x), x.shape]",
    "z = [p + 1 for p in x]", "x = x[[0, 1, 2, 3]]", "x = sum(parts)", "z = max([i, len(y)])", "z = [*x.shape] * 9",
)  # fmt: skip

START = "y = [1]\nd = {}\nt = 'a'\nk = 3\nz = 0\nparts = [x]\n"

SPEC = """name: A
input: [4, 4]
blocks:
  B(count):
    layers: {{r: ReLU}}
    forward: |
      for i in range(count):
        x = r(x)
      return x
layers:
  r: ReLU
  b: B({count})
forward: |
{body}
"""


def program(seed: int, size: int) -> str:
    """The spec of a random program whose loops run `size` times in all their nests."""
    random = Random(seed)
    depth = random.choice((1, 1, 1, 2))
    turns = max(2, round(size ** (1 / depth)))
    lines = START.splitlines()
    for level in range(depth):
        lines.append("  " * level + f"for {'ij'[level]} in range({turns}):")
        lines += ["  " * (level + 1) + random.choice(STATEMENTS) for _ in range(random.randint(1, 3))]
    lines.append(f"return {random.choice(('x', 'x', 'y', '(x, parts)'))}")
    return SPEC.format(count=random.choice((1, 3)), body="\n".join(f"  {line}" for line in lines))
