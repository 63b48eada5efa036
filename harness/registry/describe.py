"""What a class says of itself, read from its source without importing it.

Listing a hundred cells must not import a hundred modules, and torch with them. The docstring and the constructor's
defaults are all that a listing needs, and both can be read off the syntax tree.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

_SECTION = re.compile(r"(?:Args|Attributes|Raises|Returns|Yields):")
_ARGUMENT = re.compile(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", re.MULTILINE)


@dataclass(frozen=True)
class Description:
    """One line on what it is, where it comes from, its options with their defaults, as text, and all that it says."""

    summary: str = ""
    citation: str = ""
    options: dict[str, str] = field(default_factory=dict)
    text: str = ""
    """Equations and more: the docstring without its first line, its source and its arguments."""
    meanings: dict[str, str] = field(default_factory=dict)
    """What the options are, of those that the docstring explains."""


def source_file(target: object) -> Path | None:
    """The file that defines a class, or a "package.module:Class" that is not imported yet; None where there is none."""
    if isinstance(target, str):
        place = target.rpartition(":")[0]
        if place.endswith(".py"):
            return Path(place)
        spec = importlib.util.find_spec(place)
        return Path(spec.origin) if spec and spec.origin else None
    try:
        return Path(inspect.getfile(target if inspect.isclass(target) else type(target)))
    except (TypeError, OSError):
        return None


def source_hash(path: Path | None) -> str:
    """The sha256 of a file's bytes; empty where there is no file."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path and path.is_file() else ""


def classes(path: Path) -> list[str]:
    """The names of the classes that a file defines, in its order; none where it cannot be read."""
    try:
        return [node.name for node in _parse(path).body if isinstance(node, ast.ClassDef)]
    except (OSError, SyntaxError, ValueError):
        return []


def describe(path: Path | None, class_name: str) -> Description:
    """Read the docstring and the options of a class off its file."""
    if path is None or path.suffix != ".py" or not path.is_file():
        return Description()
    try:
        tree = _parse(path)
    except (SyntaxError, ValueError):  # it cannot be imported either, and that is when its user is told
        return Description()
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    if class_name not in classes:
        return Description()
    docstring = ast.get_docstring(classes[class_name]) or ""
    summary, citation = _read_docstring(docstring)
    options = _read_options(class_name, classes)
    meanings = {name: text for name, text in _read_arguments(docstring).items() if name in options}
    return Description(summary, citation, options, _read_rest(docstring), meanings)


@lru_cache(maxsize=256)
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _read_docstring(text: str) -> tuple[str, str]:
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
    citation = next((p.removeprefix("Source: ") for p in paragraphs if p.startswith("Source: ")), "")
    return paragraphs[0].rstrip("."), citation


def _read_rest(text: str) -> str:
    """What is neither summary nor source nor a section; lines that are indented, as equations are, stay lines."""
    plain = [p for p in text.split("\n\n")[1:] if not _SECTION.match(p) and not p.startswith("Source: ")]
    return "\n\n".join(p if p.startswith(" ") else " ".join(p.split()) for p in plain)


def _read_arguments(text: str) -> dict[str, str]:
    """The paragraph `Args:`, by name."""
    lines = next((p for p in text.split("\n\n") if p.startswith("Args:")), "")
    return {name: " ".join(meaning.split()) for name, meaning in _ARGUMENT.findall(lines)}


def _read_options(class_name: str, classes: dict[str, ast.ClassDef]) -> dict[str, str]:
    """Constructor parameters with defaults, of the class or of the nearest base in the same file that has one."""
    node = classes[class_name]
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            return _defaults(statement.args)
    bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in classes.keys() - {class_name}]
    return _read_options(bases[0], classes) if bases else {}


def _defaults(arguments: ast.arguments) -> dict[str, str]:
    positional = arguments.posonlyargs + arguments.args
    pairs = list(zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True))
    pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
    return {argument.arg: _plain(default) for argument, default in pairs}


def _plain(default: ast.expr) -> str:
    value = default.value if isinstance(default, ast.Constant) else ast.unparse(default)
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)
