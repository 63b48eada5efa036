"""Options: the keyword arguments of a constructor, given as text and checked against its annotations."""

from __future__ import annotations

import inspect
import math
import typing
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, did_you_mean, fault

if TYPE_CHECKING:
    from collections.abc import Mapping


def signature(cls: type) -> dict[str, Any]:
    """The options of a class with their defaults: the parameters of its constructor that have one."""
    parameters = inspect.signature(cls).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty and p.kind is not p.VAR_KEYWORD}


def bind(cls: type, given: Mapping[str, object], what: str) -> dict[str, Any]:
    """The given options as values of the annotated types, checked; ranges come from `Annotated[int, Ge(2)]`.

    Args:
        cls: the class whose constructor takes the options.
        given: option names and their values, usually as text.
        what: what the user named, for messages: `task "adding"`.

    Raises:
        HarnessError: there is no such option, or the value is not one that it takes.
    """
    defaults = signature(cls)
    for name in given:
        if name not in defaults:
            raise HarnessError(f'{what} has no option "{name}".{did_you_mean(name, defaults)}{_listing(defaults)}')
    annotations = _annotations(cls)
    return {
        name: convert(value, annotations.get(name, _type(defaults[name])), f"{what}: {name}={value}")
        for name, value in given.items()
    }


def _type(default: object) -> object:
    return Any | None if default is None else type(default)


def _listing(defaults: Mapping[str, Any]) -> str:
    options = ", ".join(f"{name} ({text_of(default)})" for name, default in defaults.items())
    return f" Its options: {options}." if options else " It has none."


def text_of(value: object) -> str:
    """An option's value as a user writes it: `true`, `none`, `0.5`."""
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def _annotations(cls: type) -> dict[str, Any]:
    constructor: Any = cls.__init__  # type: ignore[misc]  # of this very class: it is only read
    found: dict[str, Any] = {}
    for name, annotation in getattr(constructor, "__annotations__", {}).items():
        one = SimpleNamespace(__annotations__={name: annotation})  # each on its own: one that fails spoils no other
        with suppress(NameError):  # it names something that is imported for type checkers only
            found |= typing.get_type_hints(one, constructor.__globals__, include_extras=True)
    return found


def convert(value: object, annotation: Any, where: str) -> object:  # noqa: ANN401 - a type of any kind
    """A value, usually text, as an annotated type.

    Args:
        value: as given.
        annotation: a type, `Annotated` with ranges, `Literal` or a union with None, which is written "none".
        where: the value stands, for messages.

    Raises:
        HarnessError: it is not one of that type.
    """
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - only those who give options wait for it

    if value == "none" and type(None) in typing.get_args(annotation):
        return None
    if typing.get_origin(annotation) is typing.Literal:  # pydantic takes no "8" for Literal[8, 16]
        value = {text_of(choice): choice for choice in typing.get_args(annotation)}.get(str(value), value)
    try:
        converted: object = TypeAdapter(annotation).validate_python(value)
    except ValidationError as error:
        reason, hint = fault(error.errors()[0])
        raise HarnessError(f"{where} cannot be used: it {reason}.{hint}") from error
    if isinstance(converted, float) and not math.isfinite(converted):
        raise HarnessError(f"{where} cannot be used: it should be a finite number.")
    return converted
