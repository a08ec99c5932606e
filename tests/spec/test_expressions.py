"""Scalars and expressions: values, limits, places."""

from __future__ import annotations

import math
import time

import pytest

from nnbuild.errors import NnbuildError
from nnbuild.spec.text.scalars import EXPRESSION, constant

from .conftest import evaluate, report


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-5", 1e-5), ("1.", 1.0), (".5", 0.5), ("-3", -3), ("+4", 4), ("1_000", 1000), ("2.5e3", 2500.0), ("0", 0),
        ("true", True), ("False", False), ("None", None), ("null", None), ("~", None), ("", None),
        (".inf", math.inf), ("-.inf", -math.inf),
    ],
)  # fmt: skip
def test_constants(text, value):
    assert constant(text) == value
    assert type(constant(text)) is type(value)


@pytest.mark.parametrize("text", ["010", "3:3", "on", "off", "yes", "no", "TRUE", "inf", "x", "1+1", "0x10", "20-01"])
def test_not_constants(text):
    assert constant(text) is EXPRESSION


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("16 * 5 * 5", 400), ("7 // 2 + 7 % 2", 4), ("2 ** 10", 1024), ("-2 ** 2", -4), ("0x10", 16), ("1 / 4", 0.25),
        ("(3, 3)", (3, 3)), ("[*range(3), 7]", [0, 1, 2, 7]), ("{'a': 1, **{'b': 2}}", {"a": 1, "b": 2}),
        ("[2 * i for i in range(4) if i % 2]", [2, 6]), ("[(a, b) for a in [1, 2] for b in 'xy']",
         [(1, "x"), (1, "y"), (2, "x"), (2, "y")]),
        ("{f'layer{i:02d}': i for i in range(2)}", {"layer00": 0, "layer01": 1}),
        ("sum(i for i in range(5))", 10), ("max(3, 5)", 5), ("min([3, 5])", 3), ("round(2.6)", 3), ("abs(-3)", 3),
        ("math.sqrt(16) + math.floor(2.5)", 6.0), ("sqrt(16) + ceil(2.5)", 7.0), ("math.pi", math.pi),
        ("float('inf')", math.inf), ("math.pow(2, 3)", 8.0),
        ("1 if 2 > 1 else 0", 1), ("1 < 2 < 3 and not False", True), ("None or 4", 4), ("3 in [1, 3]", True),
        ("[1, 2, 3][-1]", 3), ("[1, 2, 3][1:]", [2, 3]), ("(1, 2) + (3,)", (1, 2, 3)), ("[0] * 3", [0, 0, 0]),
        ("dict(a=1)['a']", 1), ("{'a': 1}.items()", [("a", 1)]), ("list(zip([1, 2], 'ab'))", [(1, "a"), (2, "b")]),
        ("accumulate([1, 2, 3])", [1, 3, 6]), ("prod([2, 3, 4])", 24), ("sum([[1], [2]], [])", [1, 2]),
        ("[a + b for a, (b, *c) in [(1, (2, 3, 4))]]", [3]), ("sorted([3, 1])", [1, 3]), ("reversed([1, 2])", [2, 1]),
        ("'a' 'b'.upper()", "AB"), ("true", True), ("null", None), ("len('abc')", 3), ("1 is None", False),
        ("np.prod([2, 3])", 6), ("torch.float32", "float32"), ("~3", -4), ("7 & 3 | 8 ^ 1", 11), ("1 << 4", 16),
        ("divmod(7, 2)", (3, 1)), ("[i for i, x in enumerate('ab')]", [0, 1]), ("f'{3:>3}|{1.5:.2f}'", "  3|1.50"),
    ],
)  # fmt: skip
def test_values(text, value):
    assert evaluate(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sam", "the name sam is not known here (did you mean sum? values are named under `params:` or `let:`, text is"
         " quoted: 'sam')"),
        ("accumulat", "the name accumulat is not known here (did you mean accumulate?)"),
        # limits
        ("9**9**9", "1:1 9 ** 387420489 grows beyond 256 bits"),
        ("1 << 10**9", "1:1 1 << 1000000000 grows beyond 256 bits"),
        ("10 ** 70 * 10 ** 70", "1:1 the number grows beyond 256 bits"),
        ("1" * 100, "1:1 a number of more than 256 bits"),
        ("range(10**9)", "1:1 range of 1,000,000,000 items is longer than 100,000"),
        ("[0] * 10**9", "1:1 a list of 1 repeated 1,000,000,000 times is longer than 100,000"),
        ("'a' * 10**9", "1:1 the text 'a' repeated 1,000,000,000 times is longer than 10,000"),
        ("f'{1:999999999d}'", "the format '999999999d' is not allowed (widths and digits have up to two figures)"),
        ("f'{1:9.999d}'", "the format '9.999d' is not allowed"),
        ("f'{1:.99s}'", "cannot format 1"),
        ("[i for i in range(10**5) for j in range(10**5)]", "the spec takes more than 300,000 steps to evaluate"),
        ("[sum(range(10**5)) for i in range(30)]", "takes more than 300,000 steps"),
        ("round(5, -10**9)", "digits are a whole number up to 100"),
        ("int('9' * 5000)", "the text is too long"),
        ("accumulate(['a' * 9000, 'a' * 9000])", "the text grows beyond 10,000 characters"),
        ("[0] * 9 ** 5 + [0] * 9 ** 5", "the list grows beyond 100,000 items"),
        ("(" * 500, "nested too deeply"),
        ("-" * 100 + "1", "1:61 brackets or operators nested too deeply (name a part of it)"),
        ("-" * 15000 + "1", "nested too deeply in this expression"),
        ("+".join(["1"] * 5000), "nested too deeply"),
        ("1 + " * 6000 + "1", "an expression of more than 20,000 characters"),
        ("'" + "a" * 15000 + "'", "a text of more than 10,000 characters"),
        # arithmetic
        ("1 / 0", "1:1 division by zero: 1 / 0"),
        ("2 % 0", "division by zero: 2 % 0"),
        ("10.0 ** 1000", "the number grows too large: 10.0 ** 1000"),
        ("(-1) ** 0.5", "the result is a complex number (a root of a negative number?)"),
        ("1 + 'a'", "+ does not work on 1 and the text 'a'"),
        ("1 @ 2", "@ does not work on 1 and 2"),
        ("1 << -1", "<< does not work on 1 and -1: negative shift count"),
        ("[1] < 3", "< does not work on a list of 1 and 3"),
        ("-'a'", "- wants a number and gets the text 'a'"),
        # names and parts
        ("Conv2D(3, 6)", "1:1 the name Conv2D is not known here (did you mean Conv2d?)"),
        ("x + same", "1:1 the name x is not known here (values are named under `params:` or `let:`, text is"
         " quoted: 'x')"),
        ("[1, 2][5]", "index 5 of a list of 2 (indices start at 0)"),
        ("[1]['a']", "an index is a whole number, not the text 'a'"),
        ("[1][::0]", "a slice's step cannot be 0"),
        ("[1]['a':]", "a slice wants whole numbers and gets the text 'a'"),
        ("{'conv': 1}['conx']", "no key the text 'conx' (did you mean conv?)"),
        ("{}['a']", "no key the text 'a' (it is empty)"),
        ("3[0]", "3 has no items"),
        ("{[1]: 2}", "1:2 a key is text or a number, not a list of 1"),
        ("{**3}", "** wants a dict and gets 3"),
        ("dict(**{1: 2})", "** wants a dict with names and gets a dict of 1"),
        ("[*3]", "* wants a list and gets 3"),
        ("[i for i in 3]", "for wants a list and gets 3"),
        ("[a for a, b in [[1]]]", "2 names for 1 values"),
        ("[a for a, b, *c in [[1]]]", "3 names for 1 values"),
        # calls
        ("(1)(2)", "1 cannot be called"),
        ("'ReLu'(2)", "the text 'ReLu' cannot be called (did you mean ReLU?)"),
        ("'abc'.frmat(1)", "the text 'abc' has no frmat() (did you mean format?)"),
        ("'{0.real}'.format(1)", "format() is given nothing for the field {0.real}"),
        ("'%1000d' % 3", "the format '%1000d' is not allowed"),
        ("[1].append(2)", "a list of 1 has no append()"),
        ("(3).real()", "3 has no real()"),
        ("[1].index(2)", "index() on a list of 1 fails"),
        ("int('x')", "int(the text 'x') cannot be computed"),
        ("range(1.5)", "whole numbers are wanted, not fractions; divide with // instead of /"),
        ("math.sqrt(-1)", "sqrt(-1) cannot be computed"),
        ("math.sqr(1)", "math.sqr is not known here (did you mean sqrt?)"),
        ("sum(1, 2, 3)", "sum takes a list and a start"),
        ("sum(3)", "sum wants a list and gets 3"),
        ("partial(3)", "partial wants a layer type first and gets 3 (as in partial(LayerNorm, eps=1e-6))"),
        ("math.pi.real", "has no attribute real"),
        ("Conv2d.weight", "the layer type Conv2d has no attribute weight"),
        # syntax
        ("010", "1:1 '010' is not a number (write 10, or 0o10 for octal; as text, quote it)"),
        ("3:3", "'3:3' is not a number (as text, quote it; a slice stands in brackets)"),
        ("on", "the name on is not known here (write true; as text, quote it)"),
        ("no", "the name no is not known here (write false; as text, quote it)"),
        ("TRUE", "the name TRUE is not known here (write true; as text, quote it)"),
        ("inf", "the name inf is not known here (write .inf or float('inf'))"),
        ("f(1, 2", "1:2 'f(1, 2' is not an expression: '(' was never closed"),
        ("1 +", "is not an expression: invalid syntax"),
        ("two words", "1:5 'two words' is not an expression: invalid syntax"),
        ("x = 3", "1:3 'x = 3' is not an expression"),
        ("é + f(", "1:6 'é + f(' is not an expression: '(' was never closed"),
        ("a\0b", "source code string cannot contain null bytes"),
        ("b'x'", "bytes values are not part of the language"),
        ("x.__subclasses__", "__subclasses__ is private (use the layer's public names)"),
        ("().__class__.__bases__[0]", "is private"),
        ("(await x)", "Await is not part of the language"),
        ("[x async for x in y]", "async is not part of the language"),
        ("(yield 1)", "yield is not part of the language"),
        ("eval('1')", "the name eval is not known here"),
        ("__import__('os')", "the name __import__ is not known here"),
        ("open('x')", "the name open is not known here"),
        ("relu([1])", "1:1 "),
    ],
)  # fmt: skip
def test_refused(low_limits, text, message):
    start = time.perf_counter()
    with pytest.raises(NnbuildError) as caught:
        evaluate(text)
    assert message in report(caught.value)
    assert time.perf_counter() - start < 5


def test_shared_structures_do_not_explode(low_limits):
    doubled = [1]
    for _ in range(60):
        doubled = [doubled, doubled]
    for text in ("x == y", "str(x)", "sorted([x, y])", "Linear(x, 3)", "max(x, y)", "[x].index(y)"):
        with pytest.raises(NnbuildError):
            evaluate(text, x=doubled, y=[*doubled])


def test_what_python_says_of_an_ops_arguments_is_the_callers_mistake():
    def op(value, *, scale=1):
        return value.missing

    with pytest.raises(NnbuildError) as caught:
        evaluate("f(3, scale=[1])", f=op)
    assert report(caught.value) == (
        "1:1 op(3, scale=a list of 1) cannot be computed: 'int' object has no attribute 'missing'"
    )


def test_results_with_names():
    from collections import namedtuple

    pair = namedtuple("pair", ["values", "indices"])(1, 2)
    assert evaluate("p.values + p.indices + p[0]", p=pair) == 4
    with pytest.raises(NnbuildError, match="did you mean values"):
        evaluate("p.value", p=pair)


def test_places_of_problems():
    with pytest.raises(NnbuildError) as caught:
        evaluate("max(1,\n    oops)")
    mark = caught.value.mark
    assert (mark.line, mark.column, mark.length, mark.source) == (2, 5, 4, "    oops)")


def test_several_syntax_problems_come_together():
    with pytest.raises(NnbuildError) as caught:
        evaluate("[(yield 1), (yield 2)]")
    assert report(caught.value).count("\n") == 1
