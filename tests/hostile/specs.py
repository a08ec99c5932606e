"""Specs that a stranger might send, one a kind: each asks for more than a file may, and is refused by words of its own.

A forward, a `let:` or options are written alone; `spec` puts a whole file around them.
"""

from __future__ import annotations

from textwrap import indent

SHARED = "y = [1]\nfor i in range(60):\n  y = [y, y]\n"
PAIRS = SHARED.replace("[1]", "(1,)").replace("[y, y]", "(y, y)")
BIG = "big = [0] * 100000\nfor i in range(90000):\n  "

#: Forwards by kind, with a part of what is said of each.
FORWARDS = {
    "a loop": ("for i in range(90000):\n  for j in range(90000):\n    pass\nreturn x", "steps"),
    "spreading a long list": (f"{BIG}a, *b = big\nreturn x", "steps"),
    "adding a long list": (f"{BIG}z = []\n  z += big\nreturn x", "steps"),
    "a list of long lists": (f"{BIG}z = [*big]\nreturn x", "steps"),
    "looping over a long list": (f"{BIG}for z in big:\n    break\nreturn x", "steps"),
    "slicing a long list": (f"{BIG}z = big[1:]\nreturn x", "steps"),
    "long texts": ("t = 'a' * 10000\nfor i in range(90000):\n  s = f'{t}'\nreturn x", "steps"),
    "a text of long texts": ("t = 'a' * 9999\nreturn f'{t}{t}'", "the text grows beyond 10,000 characters"),
    "comparing long texts": ("t = 'a' * 10000\nu = t + ''\nfor i in range(90000):\n  z = t in u\nreturn x", "steps"),
    "looking into a range": ("for i in range(90000):\n  z = 0.5 in range(100000)\nreturn x", "steps"),
    "a list that doubles": ("y = [1]\nfor i in range(60):\n  y += y\nreturn x", "the list grows beyond 100,000 items"),
    "returned shared lists": (f"{SHARED}return y", "steps"),
    "raised shared lists": (f"{SHARED}raise ValueError(y)\nreturn x", "steps"),
    "asserted shared lists": (f"{SHARED}assert x is None, y\nreturn x", "steps"),
    "a method of shared lists": (f"{SHARED}return x.view(y)", "steps"),
    "an index of shared lists": (f"{SHARED}return x[y]", "steps"),
    "storing at shared lists": (f"{SHARED}x[y] = 0\nreturn x", "steps"),
    "an op on shared lists": (f"{SHARED}return torch.cat(y)", "steps"),
    "a layer on shared lists": (f"{SHARED}return r(y)", "steps"),
    "equal shared lists": (f"{SHARED}z = y\n{SHARED}return x if z == y else -x", "steps"),
    "shared dicts": (
        "y = {'a': 1}\nfor i in range(60):\n  y = {'a': y, 'b': y}\nassert x is None, y\nreturn x", "steps",
    ),
    "a cyclic list": ("y = []\ny.append(y)\nreturn y", "a list that contains itself"),
    "a cyclic dict": ("y = {}\ny['a'] = [y]\nreturn y", "a list that contains itself"),
    "a deep list": ("y = []\nfor i in range(5000):\n  y = [y]\nreturn y", "lists more than 100 deep"),
    "many ops": ("for i in range(90000):\n  x = x + 1\nreturn x", "steps"),
    "many layers called": ("for i in range(90000):\n  x = r(x)\nreturn x", "steps"),
    "many views in place": ("for i in range(90000):\n  x.view(4, -1).relu_()\nreturn x", ""),
    "growing rank": ("for i in range(90):\n  x = x.unsqueeze(0)\nreturn x", "64 are the most"),
    "growing size": ("for i in range(90):\n  x = torch.cat([x, x])\nreturn x", "more than 2**63 elements"),
    "growing by a loop": ("for i in range(90):\n  x = x.repeat(1000, 1)\nreturn x", "more than 2**63 elements"),
    "a wide split": ("return torch.zeros(300000000, 4).split(1)[0]", "would give 300,000,000 tensors"),
    "a wide chunk": ("return torch.zeros(300000000, 4).chunk(300000000)[0]", "would give 300,000,000 tensors"),
    "a wide tensor_split": ("return torch.zeros(300000000, 4).tensor_split(300000000)[0]", "would give 300,000,000"),
    "a wide unbind": ("return torch.zeros(300000000, 4).unbind()[0]", "would give 300,000,000 tensors"),
    "a loop over a tensor": ("for a in torch.zeros(300000000, 4):\n  break\nreturn x", "steps"),
    "a list of a tensor": ("y = list(torch.zeros(300000000, 4))\nreturn x", "steps"),
    "an unpacked tensor": ("a, *b = torch.zeros(300000000, 4)\nreturn x", "steps"),
    "a pop far away": ("y = [1]\ny.pop(10 ** 30)\nreturn x", "pop() on a list of 1 fails"),
    "an insert far away": ("y = [1]\ny.insert(10 ** 30, 2)\nreturn x", "insert() on a list of 1 fails"),
    "a list as a dtype": ("return torch.zeros(2, dtype=[1])", ""),
    "a list as a key": ("y = {}\ny[[1]] = 2\nreturn x", "a key is text or a number"),
    "keys by dict": ("y = dict([([1, 2], 3)])\nreturn x", "a key is text or a number"),
    "shared lists as text": (f"{SHARED}return f'{{y}}'", "steps"),
    "shared lists by %": (f"{SHARED}return '%s' % (y,)", "steps"),
    "shared tuples as a key": (f"{PAIRS}d = {{}}\nd[y] = 1\nreturn x", "steps"),
    "shared tuples in a set": (f"{PAIRS}d = {{y}}\nreturn x", "steps"),
    "shared tuples looked up": (f"{PAIRS}d = {{1: 2}}\nz = d[y]\nreturn x", "steps"),
    "shared types": ("y = int\nfor i in range(60):\n  y = y | y\nz = isinstance('a', y)\nreturn x", "steps"),
    "a width by %": ("return '%(a)999999999d' % {'a': 1}", "is not allowed"),
    "digits by %": ("return '%.*f' % (10 ** 9, 1.0)", "is not allowed"),
    "long texts by %": ("t = 'a' * 10000\nfor i in range(900):\n  z = '%s' * 3000 % ((t,) * 3000)\nreturn x", ""),
    "long lists by format": ("y = [0] * 5000\nreturn ('{0!r}' * 2000).format(y)", "steps|10,000"),
    "a format of itself": ("return f'{1:{10 ** 9}}'", "is not allowed"),
    "a complex key": ("d = {1j * i - 1000003.0 * i: 0 for i in range(900)}\nreturn x", "a key is text or a number"),
    "a key in a tuple": ("d = {((2 ** 61,),): 0}\nreturn x", "a key of more than 60 bits"),
    "adding to a set": ("s = set()\ns.add(2 ** 61)\nreturn x", "a key of more than 60 bits"),
    "updating a set": ("s = set()\ns.update([2 ** 61])\nreturn x", "a key of more than 60 bits"),
    "joining sets": ("s = set(range(99999))\nfor i in range(90000):\n  z = s | {1}\nreturn x", "steps"),
    "comparing sets": ("s = set(range(99999))\nfor i in range(90000):\n  z = s == {1}\nreturn x", "steps"),
    "joining dicts": ("s = {i: i for i in range(9999)}\nfor i in range(90000):\n  z = s | {1: 2}\nreturn x", "steps"),
    "extending by ranges": ("y = []\nfor i in range(900):\n  y.extend(range(90000))\n  y.clear()\nreturn x", "steps"),
    "statements that do nothing": (f"for i in range(90000):\n  {'pass; ' * 900}\nreturn x", "steps"),
    "a choice of very many": ("return math.comb(10 ** 9, 5 * 10 ** 8)", "beyond 256 bits"),
    "while": ("while True:\n  pass\nreturn x", "steps"),
    "functions that call each other": ("f = lambda n: g(n)\ng = lambda n: f(n) + f(n)\nreturn f(0)", "deep"),
    "functions that branch": ("def f(n):\n  return f(n - 1) + f(n - 1) if n else 1\nreturn f(25)", "steps"),
    "errors that are caught": ("while True:\n  try:\n    y = [1][5]\n  except Exception:\n    pass\nreturn x", "steps"),
    "the budget caught": ("try:\n  while True:\n    pass\nexcept:\n  pass\nreturn x", "steps"),
    "arguments by name": (
        f"def f({', '.join(f'a{i}=1' for i in range(900))}):\n  return 1\nfor i in range(9000):\n  f()\nreturn x",
        "steps",
    ),
    "any arguments by name": (
        "d = {str(i): 1 for i in range(9000)}\ndef f(**k):\n  return 1\nfor i in range(900):\n  f(**d)\nreturn x",
        "steps",
    ),
    "keys by update": ("y = {}\ny.update([(10 ** 30, 3)])\nreturn x", "a key of more than 60 bits"),
}  # fmt: skip

#: Values under `let:` by kind.
LETS = {
    "colliding keys": ("{i * (2 ** 61 - 1): 0 for i in range(90000)}", "a key of more than 60 bits"),
    "colliding keys by dict": ("dict([(i * (2 ** 61 - 1), 0) for i in range(900)])", "a key of more than 60 bits"),
    "an array computed": ("arange(3 * 10 ** 8)", "computes more than 200 MB of tensors"),
    "arrays computed one by one": ("[zeros_like(arange(10 ** 6)) for i in range(90000)]", "more than"),
    "products computed": ("[eye(1000) @ eye(1000) for i in range(1000)]", "more than"),
    "random numbers drawn": ("torch.multinomial(arange(10) + 1.0, 10 ** 7, True)", "steps"),
    "a window computed": ("max_pool2d(eye(1000).view(1, 1, 1000, 1000), 100, 1)", "steps"),
    "layers by a function's key": ("[max([8], key=Transformer) for i in range(90000)]", "more than 400 layers"),
    "layers in a list": ("[Transformer() for i in range(90000)]", "layers"),
    "a common multiple": ("math.lcm(*range(1, 2000))", "the number grows beyond 256 bits"),
    "a power": ("10 ** 10 ** 10", "grows beyond 256 bits"),
    "a shift": ("1 << 10 ** 9", "grows beyond 256 bits"),
    "a long number": ("int('9' * 100) * int('9' * 100)", "the number grows beyond 256 bits"),
    "nested comprehensions": ("[0 for a in range(9999) for b in range(9999)]", "steps"),
    "unpacked ranges": ("[*range(5), *[0] * 99999]", "the list grows beyond 100,000 items"),
    "a sum of lists": ("[0] * 99999 + [0] * 99", "the list grows beyond 100,000 items"),
}  # fmt: skip

#: One layer by kind.
LAYERS = {
    "an LSTM of many": ("LSTM(4, 4, 10 ** 9)", "num_layers of at most 1,000"),
    "a GRU of many": ("GRU(4, 4, num_layers=10 ** 9)", "num_layers of at most 1,000"),
    "an encoder of many": ("TransformerEncoder(TransformerEncoderLayer(4, 2), 10 ** 9)", "num_layers of at most 1,000"),
    "a decoder of many": ("TransformerDecoder(TransformerDecoderLayer(4, 2), 10 ** 9)", "num_layers of at most 1,000"),
    "encoders in encoders": (
        "TransformerEncoder(TransformerEncoder(TransformerEncoderLayer(4, 2), 900), 900)", "more than 400 layers",
    ),
    "a list of many": ("Sequential(*[ReLU() for i in range(30000)])", "more than 400 layers"),
    "an option computed": ("Linear(arange(3 * 10 ** 8).size(0), 3)", "computes more than 200 MB"),
    "more elements than there are": ("Linear(10 ** 10, 10 ** 10)", "more than 2**63 elements"),
    "a negative size": ("RMSNorm(-2)", "at least 0"),
    "a huge factor": ("Upsample(scale_factor=1e308)", ""),
    "a huge padding": ("ConstantPad1d(10 ** 70, 0)", "more than 2**63 elements"),
    "a kernel below zero": ("Conv1d(1, 1, -1, bias=False)", ""),
}  # fmt: skip


def spec(section: str, text: str) -> str:
    """A whole file around a forward, a value under `let:` or a layer."""
    head, body = "name: A\ninput: [4, 4]\n", indent(text, "    ")
    return (
        head
        + {
            "forward": f"layers:\n  r: ReLU\nforward: |\n{body}\n",
            "let": f"let:\n  a: |-\n{body}\nlayers:\n  r: ReLU\n",
            "layer": f"layers:\n  a: |-\n{body}\n",
        }[section]
    )
