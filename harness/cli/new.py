"""`harness new`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.cli.console import examples

if TYPE_CHECKING:
    from pathlib import Path

EPILOG = examples("harness new cell my-cell", "harness new task my-task", "harness new cell my-cell plugins/my-cell")

FILES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "gitignore": ".gitignore",
    "ci.yml": ".github/workflows/ci.yml",
    "__init__.py": "${package}/__init__.py",
    "module.py": "${package}/${module}.py",
    "test.py": "tests/test_${module}.py",
}
"""Template to where it goes."""
LONGEST = 40
"""Characters of a name: it stands in tables, and is part of the names of files."""
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
"""Names that Windows keeps for itself: no file or folder can have one, whatever its ending."""


def command(
    kind: Annotated[Literal["cell", "task"], typer.Argument(help="What to begin.")],
    name: Annotated[str, typer.Argument(help="What it will be called: small letters, digits and dashes.")],
    folder: Annotated[
        str | None, typer.Argument(help="Where to write it; a folder of that name unless given.", show_default=False)
    ] = None,
) -> None:
    """Begin a plugin: a complete distribution with a cell or a task that works, its test and its CI."""
    import shlex
    from pathlib import Path

    from harness.cli.console import out
    from harness.registry import current

    _check_spelling(kind, name)
    plugins = current()
    for entry in plugins.cells() if kind == "cell" else plugins.tasks():
        if entry.name == name:
            raise _error(f'a {kind} is called "{name}" already: that of {entry.origin}. Choose another name.')
    place = Path(folder or name)
    written = _write(place, kind, name)
    for path in written:
        out.print(f"  {path}", soft_wrap=True)
    then = f"harness check {name}" if kind == "cell" else f"harness run --cells gru --tasks {name} --budget smoke"
    out.print(
        f'\nNext: cd {shlex.quote(str(place))} && pip install -e ".[test]" && pytest && {then}',
        soft_wrap=True,
        markup=False,
    )


def _write(place: Path, kind: str, name: str) -> list[Path]:
    """Write all files, into a folder that is new or empty."""
    from importlib.resources import files
    from string import Template

    from harness import __version__

    _check_empty(place, f"harness new {kind} {name} DIR")
    module = name.replace("-", "_")
    values = {
        "name": name,
        "module": module,
        "package": f"harness_{module}",
        "distribution": f"harness-{name}",
        "class_name": "".join(part.capitalize() for part in name.split("-")),
        "version": __version__,
    }
    templates = files("harness") / "templates" / kind
    texts = {name: (templates / f"{name}.template").read_text(encoding="utf-8") for name in FILES}
    _check_free(values, texts["module.py"])
    written = []
    for source, target in FILES.items():
        path = place / Template(target).substitute(values)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(Template(texts[source]).substitute(values), encoding="utf-8")
        except OSError as error:
            raise _error(f"{path} cannot be written: {error.strerror}.") from error
        written.append(path)
    return written


def _check_empty(place: Path, instead: str) -> None:
    try:
        free = not place.exists() or (place.is_dir() and not any(place.iterdir()))
    except OSError as error:
        raise _error(f"{place} cannot be written: {error.strerror}.") from error
    if not free:
        raise _error(f"{place} is there already, and is no empty folder: name another one, as in {instead}.")


def _check_spelling(kind: str, name: str) -> None:
    import re

    if len(name) > LONGEST:
        raise _error(f'"{name[:LONGEST]}…" has {len(name)} characters: {LONGEST} are the most that a {kind} can have.')
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower())
        proposal = re.sub(r"^[0-9-]+", "", "-".join(words))
        proposal += f"-{kind}" if proposal in DEVICES else ""
        hint = f' For example "{proposal}".' if proposal else ""
        raise _error(
            f'"{name}" cannot name a {kind} and its package: use small letters, digits and single dashes, beginning '
            f"with a letter.{hint}"
        )


def _check_free(values: dict[str, str], code: str) -> None:
    """See that nobody else means something by the names that follow from the one given."""
    import re
    from importlib.util import find_spec
    from keyword import iskeyword

    from harness.registry import ALL

    name, module, class_name, package = (values[key] for key in ("name", "module", "class_name", "package"))
    imported = re.findall(r"\w+", " ".join(re.findall(r"^(?:from .*)?import (.*)$", code, re.MULTILINE)))
    reasons = {
        f'"{name}" stands for all of them on the command line': name == ALL,
        "Windows takes it for a device, and lets no file have that name": name in DEVICES,
        "it is a word of Python": iskeyword(module) or iskeyword(class_name),
        f'"{class_name}" has a meaning in the code': class_name in imported,
        f"pytest would take the class {class_name} for a test": class_name.startswith("Test"),
        f"there is a package {package} already": find_spec(package) is not None,
    }
    for reason, holds in reasons.items():
        if holds:
            raise _error(f'"{name}" cannot be used: {reason}. Choose another name.')


def _error(message: str) -> Exception:
    from harness.errors import HarnessError

    return HarnessError(message)
