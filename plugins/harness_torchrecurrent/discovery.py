"""What torchrecurrent has, read off its source, so that listing it imports neither it nor torch.

Whether a class fits is tried once a version, in another process, and kept in the user's cache.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import platformdirs

from harness import Wrapped

PACKAGE = "torchrecurrent"
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PAPER = re.compile(r"<(https?://\S+?)>")
_ARXIV = re.compile(r"https?://arxiv\.org/(?:abs|pdf)/([\d.]+\d)\S*")


@dataclass(frozen=True)
class Found:
    """A class that the package exports.

    Attributes:
        name: what users call it: `tr-li-gru-cell`.
        class_name: LiGRUCell.
        file: where it stands.
        summary: the first sentence of its docstring.
        paper: that it names.
        misfit: why it cannot be used; empty where it can.
        options: with their defaults, as text.
    """

    name: str
    class_name: str
    file: str
    summary: str
    paper: str
    misfit: str = ""
    options: dict[str, str] = field(default_factory=dict)

    def wrapped(self) -> Wrapped:
        """As the harness takes it."""
        target = f"harness_torchrecurrent.adapters:{self.class_name}"
        return Wrapped(target, Path(self.file), self.summary, self.paper, self.options)


def discover() -> list[Found]:
    """Every class that the package exports; none where it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return []
    sources = [*Path(spec.origin).parent.rglob("*.py"), *Path(__file__).parent.glob("*.py")]
    content = hashlib.sha256(b"\0".join(str(file).encode() + file.read_bytes() for file in sorted(sources))).hexdigest()
    cache = Path(os.environ.get("HARNESS_CACHE") or platformdirs.user_cache_path("harness"))
    kept = cache / f"{PACKAGE}-{content[:16]}.json"
    if not kept.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps([asdict(found) for found in _tried(exported())]), encoding="utf-8")
        part.replace(kept)
    return [Found(**values) for values in json.loads(kept.read_text(encoding="utf-8"))]


def exported() -> list[Found]:
    """The same, untried."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return []
    return [_found(name, file, node) for name, (file, node) in _exports(Path(spec.origin)).items()]


def _tried(classes: list[Found]) -> list[Found]:
    """With the options of each, and the reason of each that does not fit."""
    command = [sys.executable, "-m", "harness_torchrecurrent.trial"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [replace(found, **told[found.class_name]) for found in classes]


def _found(class_name: str, file: Path, node: ast.ClassDef) -> Found:
    text = ast.get_docstring(node) or ""
    summary = " ".join(text.split("\n\n")[0].split()).rstrip(".")
    address = _PAPER.search(text)
    paper = _ARXIV.sub(r"arXiv:\1", address[1]) if address else f"the package {PACKAGE}"
    return Found("tr-" + _WORDS.sub("-", class_name).lower(), class_name, str(file), summary, paper)


def _exports(init: Path) -> dict[str, tuple[Path, ast.ClassDef]]:
    """The classes that a package imports into its namespace, and where they are defined."""
    found: dict[str, tuple[Path, ast.ClassDef]] = {}
    for node in _tree(init).body:
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
            module = init.parent / node.module
            inner = _exports(module / "__init__.py") if module.is_dir() else _classes(module.with_suffix(".py"))
            found |= {alias.name: inner[alias.name] for alias in node.names if alias.name in inner}
    return found


def _classes(file: Path) -> dict[str, tuple[Path, ast.ClassDef]]:
    return {node.name: (file, node) for node in _tree(file).body if isinstance(node, ast.ClassDef)}


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))
