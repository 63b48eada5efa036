"""The class of each character of Python source, by hand and against `tokenize` itself."""

from __future__ import annotations

import keyword
import tokenize
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness_text.python_source import CLASSES, SIGNS, label


def signs(source: str) -> str:
    """The classes of some source, a sign each: . white space, n name, k keyword, o operator, s string, 0 number, #."""
    labels = label(source)
    assert labels is not None
    return "".join(SIGNS[number] for number in labels)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("if x: return 1\n", "kk.no.kkkkkk.0."),
        ("a = 'b' # c\n", "n.o.sss.###."),
        ("@f\ndef g(): ...\n", "on.kkk.nooo.ooo."),
        ("x = 1.5e-3j\n", "n.o.0000000."),
        ("s = '''a\nb = 1\n'''\n", "n.o.ssssssssssssss."),
        ("a = 1 + \\\n 2\n", "n.o.0.o....0."),
        ("match = None\n", "nnnnn.o.kkkk."),
        ("def f():\n\treturn\n", "kkk.nooo..kkkkkk."),
        ("x = f'a{b!r:>{c}}d'\n", "n.o.sssssssssssssss."),
        ("f'{x}' f\"{'y'}\"\n", "ssssss.ssssssss."),
        ("rb'\\n' + B''\n", "ssssss.o.sss."),
        ("übung = 'ß'  # é\n", "nnnnn.o.sss..###."),
        ("", ""),
        ("\n\n", ".."),
        ("x", "n"),
    ],
)
def test_labels_by_hand(source: str, expected: str) -> None:
    assert signs(source) == expected


@pytest.mark.parametrize("source", ["x = 'unended\n", "'''never closed", "(", "if x:\n  y\n z\n", "a $ b\n"])
def test_what_cannot_be_split_into_tokens_has_no_labels(source: str) -> None:
    assert label(source) is None


def test_every_class_has_a_sign_of_its_own() -> None:
    assert len(SIGNS) == len(CLASSES) == len(set(SIGNS))


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("test_*.py")), ids=lambda path: path.name)
def test_real_source_agrees_with_tokenize(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    found, lines = signs(source), source.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    kinds = {tokenize.NUMBER: "0", tokenize.COMMENT: "#", tokenize.OP: "o"}
    for token in tokenize.generate_tokens(StringIO(source).readline):
        begin = starts[token.start[0] - 1] + token.start[1]
        part = found[begin : begin + len(token.string)]
        if token.type == tokenize.NAME and "s" not in part:  # in an f-string all is string
            assert set(part) == {"k" if keyword.iskeyword(token.string) else "n"}
        elif token.type in kinds and "s" not in part:
            assert set(part) == {kinds[token.type]}
    assert all(sign == "." or not character.isspace() for sign, character in zip(found, source, strict=True)
               if sign in "nko0")  # fmt: skip


@given(st.lists(st.sampled_from(["x", "1", "'a'", "+", "# c\n", "if", " ", "\n", "(", ")", '"""b\n"""']), max_size=12))
def test_whatever_is_written_there_is_a_label_for_each_character_or_none(parts: list[str]) -> None:
    source = "".join(parts)
    labels = label(source)
    assert labels is None or len(labels) == len(source)
