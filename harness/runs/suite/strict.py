"""Parts of a file in which nothing may stand that is not known, and the first thing that is wrong with one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from harness.errors import did_you_mean, fault
from harness.runs.suite.toml import place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHOWN = 60
"""Characters of a wrong value that are told."""


class Strict(BaseModel):
    """A part of a file, in which nothing may stand that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def complaint(error: ValidationError, model: type[BaseModel], file: str, toml: str = "") -> str:
    """The first thing that is wrong with a file, in a sentence, with its line where the file is TOML."""
    errors = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")  # a wrong key lacks the right one
    first, *others = errors
    for other in others:  # of the alternatives of a union, the one that came furthest is the one that was meant
        if other["loc"][:2] == first["loc"][:2] and len(other["loc"]) > len(first["loc"]):
            first = other
    path = [str(key) for key in first["loc"] if not _of_union(key)]
    begin, name = place(file, toml, path), ".".join(path)
    if first["type"] == "extra_forbidden":
        return f'{begin}: there is no "{name}" here.{did_you_mean(path[-1], _known(model, path[:-1]))}'
    if first["type"] == "missing":
        return f'{begin}: "{name}" is missing.'
    reason, hint = fault(first)
    value = json.dumps(first["input"], default=str, ensure_ascii=False)
    shown = value if len(value) <= SHOWN else f"{value[:SHOWN]}…"
    given = "" if isinstance(first["input"], dict) or not path else f" (it is {shown})"
    return f"{begin}: {name}{' ' if name else ''}{reason}{given}.{hint}"


def _of_union(key: object) -> bool:
    """Whether pydantic added a part of a path itself, to say which type of a union it tried."""
    return isinstance(key, str) and (key.startswith(("function-", "dict[")) or key in {"bool", "int", "float", "str"})


def _known(model: type[BaseModel], path: Sequence[str]) -> list[str]:
    """The keys that may stand in a part of a file."""
    for name in path:
        if name in model.model_fields:
            model = next(_models(model.model_fields[name].annotation), model)
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - a type of any kind
    """The models in a type, such as that in `tuple[Figures, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
