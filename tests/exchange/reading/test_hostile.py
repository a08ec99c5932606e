"""Source of a stranger: nothing of it runs, nothing outside its package is read, and nothing of it takes long."""

from __future__ import annotations

import time

import pytest

import nnbuild
from nnbuild import limits
from nnbuild.errors import NnbuildError


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    """Limits that are reached in no time."""
    monkeypatch.setattr(limits, "SECONDS", 1.0)
    monkeypatch.setattr(limits, "MAX_MODULES", 2_000)


NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)
        {lines}
    def forward(self, x):
        return self.fc(x)
"""


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("import os; os.system('touch hacked')", "os.system is not known here"),
        ("import os as safe; safe.popen('ls')", "os.popen is not known here"),
        ("from subprocess import run as go; go(['ls'])", "subprocess.run is not known here"),
        ("__import__('os').system('ls')", "the name __import__ is not known here"),
        ("eval('1 + 1')", "the name eval is not known here"),
        ("exec('import os')", "the name exec is not known here"),
        ("open('/etc/passwd').read()", "the name open is not known here"),
        ("compile('1', 'f', 'exec')", "the name compile is not known here"),
        ("self.forward.__globals__['os']", "__globals__ is private"),
        ("self.__class__.__mro__", "__mro__ is private"),
        ("().__class__.__base__.__subclasses__()", "is private"),
        ("getattr(self, '__cl' + 'ass__').__bases__", "__bases__ is private"),
        ("getattr(self.forward, '__code__')", "__code__ is private"),
        ("'{0.__class__}'.format(self)", "format() is given nothing for the field {0.__class__}"),
        ("setattr(self, '__class__', nn.Linear)", "__class__ cannot be assigned"),
        ("self.fc.forward = print", "forward of a Linear cannot be replaced"),
        ("torch.hub.load('a/b', 'c')", "torch.hub.load is not known here"),
        ("torch.utils.cpp_extension.load_inline('x', 'y')", "torch.utils.cpp_extension is not known here"),
        ("import numpy as np; np.load('x.npy')", "np.load is not known here"),
        ("import numpy as np; np.zeros(10 ** 12)", "of more than 10,000,000 elements"),
        ("import re; re.match('(a+)+$', 'a' * 64)", "may take too long"),
        ("import logging.handlers, socket; socket.socket()", "socket.socket is not known here"),
        ("x = yield_everything", "the name yield_everything is not known here"),
        ("while True: pass", "steps to evaluate"),
        ("x = [1]\n        while True: x = x + x", "the list grows beyond"),
        ("x = 'a' * 10 ** 9", "repeated 1,000,000,000 times"),
        ("x = 10 ** 10 ** 10", "grows beyond 256 bits"),
        ("self.more = nn.ModuleList([nn.Linear(1, 1) for _ in range(10 ** 5)])", "more than"),
        ("self.more = Net()", "deep"),
        ("self.big = nn.Parameter(torch.zeros(10 ** 6, 10 ** 6).sum() * 1); self.n = int(self.big)", "takes more than"),
        ("f = lambda n: f(n + 1)\n        f(0)", "deep"),
        ("self.fc.weight.data = 3", "the data of a tensor is a tensor"),
        ("assert self.fc.weight.sum() > 10 ** 6", "does not hold"),
        ("raise RuntimeError('no')", "no"),
        ("async def f(): pass", "AsyncFunctionDef is not part of the language"),
        ("match 1:\n            case 1: pass", "match is not part of the language"),
    ],
)  # fmt: skip
def test_lines_of_a_constructor(refused, tmp_path, monkeypatch, lines, message):
    monkeypatch.chdir(tmp_path)
    start = time.perf_counter()
    assert message in refused(NET.format(lines=lines), "Net")
    assert time.perf_counter() - start < 5  # one second of budget at most, on a busy machine
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize(
    "source",
    [
        "class Meta(type):\n    def __new__(cls, *args): open('hacked', 'w')\n"
        + NET.replace("(nn.Module)", "(nn.Module, metaclass=Meta)"),
        "def effect(cls):\n    open('hacked', 'w')\n    return cls\n@effect" + NET,
        "@open('hacked', 'w')" + NET,
        "class Base(nn.Module):\n    def __init_subclass__(cls): open('hacked', 'w')\n"
        + NET.replace("nn.Module", "Base"),
        "open('hacked', 'w')\n" + NET,
        "import os\nos.system('touch hacked')\n" + NET,
        "x = [open('hacked', 'w') for i in range(3)]\n" + NET,
        "def f(x=open('hacked', 'w')): pass\n" + NET,
        NET + "\nif __name__ == '__main__':\n    open('hacked', 'w')\n",
        NET.replace("self.fc = nn", "self.fc: open('hacked', 'w') = nn"),
    ],
)  # fmt: skip
def test_what_stands_around_the_class_never_runs(read, tmp_path, monkeypatch, source):
    monkeypatch.chdir(tmp_path)
    model = read(source.format(lines="pass"), "Net")
    assert list(model.state_dict()) == ["fc.weight", "fc.bias"]
    assert not (tmp_path / "hacked").exists()


def test_nothing_outside_the_package_is_read(refused, tmp_path):
    (tmp_path / "secret.py").write_text("class Base: pass\n")
    inside = {"pkg/__init__.py": "", "pkg/sub/__init__.py": ""}
    for statement in ("from ...secret import Base", "from secret import Base", "import secret\nBase = secret.Base"):
        files = {**inside, "pkg/sub/net.py": f"import torch.nn as nn\n{statement}\nclass Net(Base, nn.Module): pass\n"}
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        with pytest.raises(NnbuildError) as caught:
            nnbuild.load(f"{tmp_path}/pkg/sub/net.py:Net")
        assert "leaves the package" in str(caught.value) or "is not known here" in str(caught.value)


def test_a_link_out_of_the_package_is_not_followed(tmp_path):
    (tmp_path / "outside.py").write_text("import torch.nn as nn\nBase = nn.Module\n")
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "link.py").symlink_to(tmp_path / ".." / tmp_path.name / "outside.py")
    (package / "net.py").write_text("from .link import Base\nclass Net(Base): pass\n")
    loaded = f"{package}/net.py:Net"
    with pytest.raises(NnbuildError):
        nnbuild.load(loaded)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x = (" * 300, "nested too deeply"),
        (b"class Net(nn.Module:\n", "is not a program"),
        (b"\xff\xfe\x00\x01", "is not text in utf-8"),
        (b"# coding: nonsense\n", "is not text in nonsense"),
        (b"#" * 10_000_000, "is larger than 1 MB"),
        (b"x = 1\0\n", "null bytes"),
        (b"", "no class of modules"),
        (b"x = " + b"-" * 5000 + b"1\nclass Net: pass\n", ""),
        (b"x = " + b"+".join([b"1"] * 20_000) + b"\nclass Net(x): pass\n", ""),
    ],
)
def test_files_that_are_no_source(tmp_path, data, message):
    path = tmp_path / "net.py"
    path.write_bytes(data)
    start = time.perf_counter()
    with pytest.raises(NnbuildError) as caught:
        nnbuild.load(f"{path}:Net" if message != "no class of modules" else path)
    assert message in str(caught.value)
    assert time.perf_counter() - start < 5


def test_other_encodings_are_read(tmp_path):
    text = "# coding: latin-1\nimport torch.nn as nn\nclass Net(nn.Sequential):\n    'é'\n"
    (tmp_path / "net.py").write_bytes(text.encode("latin-1").replace(b"\n", b"\r\n"))
    assert type(nnbuild.load(tmp_path / "net.py")).__name__ == "Net"


def test_all_problems_of_constructors_come_at_once(refused):
    text = refused(
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.a = nn.Conv2d(3, 6, kernel=3)\n        self.b = nn.Linear(unknown, 3)\n"
        "        self.c = nn.Sequential(self.a, nn.ReLU())\n        self.d = nn.Lnear(2, 3)\n",
        "Net",
    )
    assert text.split("\n") == [
        "7:34 Conv2d has no option 'kernel' (did you mean kernel_size?)",
        "8:28 the name unknown is not known here",
        "10:18 nn.Lnear is not known here (did you mean Linear?)",
    ]


def test_a_forward_that_decides_on_data(read):
    model = read(
        "class Net(nn.Module):\n    def forward(self, x):\n"
        "        if x.sum() > 0:\n            return -x\n        return x\n"
    )
    with pytest.raises(NnbuildError) as caught:
        nnbuild.trace(model, nnbuild.TensorSpec((1, 2)))
    assert (caught.value.mark.line, caught.value.mark.column) == (6, 12)
    assert "a decision on the data" in str(caught.value)
