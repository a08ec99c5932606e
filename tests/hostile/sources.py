"""PyTorch source that a stranger might send, one a kind: each asks for more than a file may."""

from __future__ import annotations

from textwrap import indent

HEAD = """import collections, copy, functools, itertools, re
import numpy as np
import torch
from dataclasses import asdict, dataclass
from torch import nn
"""
CLASS = "class A:\n    def __init__(self, i=0):\n        self.i = i\n"
CHAIN = (
    "C = {base}\ndef make(B):\n    class D(B):\n        pass\n    return D\nfor i in range(20000):\n    C = make(C)\n"
)
KEYS = "for i in range(90000):\n    "

#: Bodies of a constructor by kind, with a part of what is said of each.
CONSTRUCTORS = {
    "a product repeated": ("z = itertools.product([1, 2], repeat=10 ** 9)", "more than 100,000 items"),
    "a wide product": ("z = itertools.product(range(2), repeat=10000)", "steps"),
    "wide combinations": ("z = itertools.combinations(range(100000), 99999)", "steps"),
    "combinations of more": ("z = itertools.combinations(range(5), 10 ** 9)", "more than 100,000 items"),
    "wide permutations": ("z = itertools.permutations(range(100000))", "steps"),
    "wide rows": ("z = itertools.zip_longest([0] * 100000, *[[1]] * 9000)", "steps"),
    "a reduction that doubles": ("z = functools.reduce(lambda a, b: a + a, range(99), [1])", "steps|beyond"),
    "a pattern of alternatives": ("re.match('(a|a)*$', 'a' * 40 + 'b')", ""),
    "a pattern of two ways": ("re.match('(a|aa)+$', 'a' * 60 + 'b')", "may take too long"),
    "a pattern in brackets": ("re.match('((a+))+$', 'a' * 40 + 'b')", "may take too long"),
    "a pattern of options": ("re.match('a?' * 40 + 'a' * 40, 'a' * 40)", "may take too long"),
    "a pattern that counts options": ("re.match('(a?){40}a{40}', 'a' * 40)", "may take too long"),
    "a pattern in a loop": (f"{KEYS}re.search('a*b', 'a' * 1000)", "steps|may take too long"),
    "a substitution": ("re.sub('', 'x' * 10000, 'a' * 10000)", "the text grows beyond|may take too long"),
    "a wide named tuple": ("collections.namedtuple('P', ['a%d' % i for i in range(9000)])", "more than 1,000 fields"),
    "many named tuples": (f"{KEYS}collections.namedtuple('P', 'a b c')", "steps"),
    "colliding defaults": ("d = collections.defaultdict(int)\nd[2 ** 61] += 1", "a key of more than 60 bits"),
    "colliding pairs": ("collections.defaultdict(int, [(2 ** 61, 1)])", "a key of more than 60 bits"),
    "a copy in a loop": (f"a = A()\na.i = [1] * 9000\n{KEYS}z = copy.deepcopy(a)", "steps"),
    "copies of copies": (
        "s = nn.Sequential(nn.ReLU())\nfor i in range(40):\n    s = nn.Sequential(s, copy.deepcopy(s))",
        "more than 400 layers",
    ),
    "records of records": ("z = B(1, 2)\nfor i in range(60):\n    z = B(z, z)\nasdict(z)", "steps"),
    "a record of itself": ("z = B(1, 2)\nz.a = z\nasdict(z)", "steps|nested too deeply"),
    "repeated items": (f"{KEYS}z = list(itertools.repeat(0))", "steps"),
    "an endless generator": ("for i in endless():\n    break", "steps"),
    "a dtype of text": ("np.arange(9).astype('S1000000000')", "astype takes a dtype"),
    "an array repeated": ("np.arange(60000).repeat(10 ** 6)", "computes more than 200 MB"),
    "modules without end": ("self.m = Inner()", "deep|more than 400 layers"),
    "objects without end": ("Endless()", "deep"),
    "a number among the layers": ("self._modules['x'] = 5", "is not a Module|fails"),
    "a number among the parameters": ("self._parameters['x'] = 5", "fails|cannot"),
    "a layer without a name": ("self._modules[('a',)] = nn.ReLU()", "cannot be a tuple"),
    "one layer very often": ("nn.Sequential(*[nn.ReLU()] * 90000)", "steps"),
    "a list extended by itself": ("m = nn.ModuleList([nn.ReLU()])\nwhile m:\n    m.extend(m)", "steps"),
    "a product that is looked at": ("a = torch.ones(9000, 9000)\n(a @ a).sum().item()", "more than 200 MB|steps"),
    "a loop": ("while True:\n    self.f = nn.ReLU()", "steps|more than 400 layers"),
    "classes of classes": (CHAIN.format(base="object"), "a class of more than 100 classes"),
    "layer types of layer types": (CHAIN.format(base="nn.Module"), "a class of more than 100 classes"),
    "many classes": (f"def make():\n    class D:\n        pass\n{KEYS}make()", "steps"),
}  # fmt: skip

BESIDE = f"""
{CLASS}
@dataclass
class B:
    a: object
    b: object

def endless():
    while True:
        yield 1

class Endless:
    def __init__(self):
        self.inner = Endless()

class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Inner()
"""


def source(constructor: str) -> str:
    """A file with a network of this constructor."""
    body = indent(constructor, "        ")
    head = f"{HEAD}{BESIDE}\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    return f"{head}{body}\n\n    def forward(self, x):\n        return x\n"
