"""The reader: places, raw text, what is refused, limits."""

from __future__ import annotations

import pytest

from nnbuild.errors import NnbuildError
from nnbuild.spec.text.nodes import Mapping, Scalar, Sequence
from nnbuild.spec.text.reader import read, read_text

from .conftest import report


def test_scalars_keep_their_text_and_place():
    root = read_text("on: 010\nno: 'it''s'\n1: [1e-5, 3:3]\n", "net.yaml")
    assert isinstance(root, Mapping)
    assert [key.text for key, _ in root.entries] == ["on", "no", "1"]
    first, second, third = (value for _, value in root.entries)
    assert (first.text, str(first.mark), first.mark.length) == ("010", "net.yaml:1:5", 3)
    assert (second.text, second.quoted, second.mark.source) == ("it's", True, "no: 'it''s'")
    assert [item.text for item in third.items] == ["1e-5", "3:3"]


def test_an_alias_is_a_copy_at_the_anchors_place():
    root = read_text("a: &x {k: 1}\nb: *x\n")
    assert root.get("b").entries[0][1].mark.line == 1


@pytest.mark.parametrize(
    ("text", "piece", "place"),
    [
        ("a: x + bad", "bad", "1:8"),
        ("a: 'x + ''q'' + bad'", "bad", "1:17"),
        ('a: "x\\t+\\u0041 bad"', "bad", "1:16"),
        ("a: |\n  x = 1\n  y = bad\n", "bad", "3:7"),
        ("a: >\n  x +\n  bad\n", "bad", "3:3"),
        ("a: x +\n   bad\n", "bad", "2:4"),
        ("a: é + bad", "bad", "1:8"),
    ],
)
def test_places_inside_scalars(text, piece, place):
    scalar = read_text(text).entries[0][1]
    first = scalar.text.index(piece)
    mark = scalar.place(first, first + len(piece))
    assert (f"{mark.line}:{mark.column}", mark.length) == (place, len(piece))


def test_windows_line_ends_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: bad\r\n")
    root = read(path)
    assert (root.get("a").text, str(root.get("b").mark)) == ("1", f"{path}:2:4")
    assert root.get("b").mark.source == "b: bad"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "2:1 the key a stands twice (first at line 1)"),
        ("'': 1", "1:1 a key is empty (give it a name)"),
        ("[a, b]: 1", "1:1 a key must be text (quote it if it starts with [ or {)"),
        ("{a: {[b]: 1}}", "1:6 a key must be text (quote it if it starts with [ or {)"),
        ("a: &x 1\n<<: *x", "2:1 merge keys (<<) are not part of the language (write a block with parameters)"),
        ("a: !!python/name:os.system x", "1:4 the tag tag:yaml.org,2002:python/name:os.system is not allowed"
         " (a spec is plain data: drop the tag)"),
        ("a: !x [1]", "1:4 the tag !x is not allowed (a spec is plain data: drop the tag)"),
        ("a: 1\n---\nb: 2", "2:1 a spec is one YAML document (remove the `---`)"),
        ("", "1:1 the spec is empty"),
        ("# nothing\n", "1:1 the spec is empty"),
        ("a: *x", "1:4 no anchor &x before (text that starts with * must be quoted)"),
        ("a: &x [*x]", "1:8 *x stands inside its own anchor (text that starts with * must be quoted)"),
        ("a: 1\n\tb: 2", "indent with spaces, not tabs"),
        ("a:\n  - b\n c: 1", "the lines of one list or mapping must start in the same column"),
        ("a: b: c", "a text that contains ': ' must be quoted; is the indentation right?"),
        ("a: [1, 2", "a bracket is not closed, or a text with brackets in it is not quoted"),
        ("a: 'x", "a quote or a bracket is not closed"),
        ("a: @x", "text that starts with @, ` or % must be quoted"),
        ("a: \x01", "remove the control character"),
        ("a: \ud800", "is not YAML: 'utf-8' codec can't encode"),
    ],
)  # fmt: skip
def test_refused(text, message):
    with pytest.raises(NnbuildError) as caught:
        read_text(text)
    assert message in report(caught.value)


def test_problems_of_keys_come_together():
    with pytest.raises(NnbuildError) as caught:
        read_text("a: 1\na: 2\n'': 3\n")
    assert report(caught.value).count("\n") == 1


def test_bytes_that_are_not_utf8(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_bytes(b"a: 1\nb: caf\xe9\n")
    with pytest.raises(NnbuildError) as caught:
        read(path)
    assert report(caught.value) == "2:7 byte 0xe9 is not UTF-8 text (save the file as UTF-8)"


def test_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(NnbuildError, match="cannot read"):
            read(path)


def test_ten_megabytes(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_bytes(b"#" * 10_000_001)
    with pytest.raises(NnbuildError, match="larger than 10 MB"):
        read(path)


@pytest.mark.parametrize("text", ["[" * 1000, "a: " * 3 + "{" * 2000, "- " * 5000, "? " * 5000])
def test_nesting(text):
    with pytest.raises(NnbuildError):
        read_text(text)
    with pytest.raises(NnbuildError, match="more than 100 lists and mappings inside each other"):
        read_text("[" * 1000)


def test_an_alias_bomb_is_counted_not_expanded():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    with pytest.raises(NnbuildError, match="more than 100,000 YAML nodes, aliases counted as copies"):
        read_text("\n".join(lines))
    deep = "\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 200))])
    with pytest.raises(NnbuildError, match="more than 100 lists"):
        read_text(deep)


def test_sequences_and_mappings_know_how_they_are_written():
    root = read_text("a: [1]\nb:\n  - 1\n")
    assert isinstance(root.get("a"), Sequence)
    assert (root.get("a").flow, root.get("b").flow) == (True, False)
    assert isinstance(root.get("a").items[0], Scalar)
    assert root.get("a").items[0].in_flow


def test_a_very_long_line_is_not_shown():
    root = read_text("a: " + "x" * 1000)
    assert root.get("a").mark.source == ""
