"""Options: the keyword arguments of a constructor, given as text and checked against its annotations."""

from __future__ import annotations

import inspect
import typing
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, did_you_mean

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
        name: _convert(value, annotations.get(name, type(defaults[name])), f"{what}: {name}={value}")
        for name, value in given.items()
    }


def _listing(defaults: Mapping[str, Any]) -> str:
    options = ", ".join(f"{name} ({_text(default)})" for name, default in defaults.items())
    return f" Its options: {options}." if options else " It has none."


def _text(value: object) -> str:
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def _annotations(cls: type) -> dict[str, Any]:
    constructor: object = cls.__init__  # type: ignore[misc]  # of this very class: it is only read
    try:
        return typing.get_type_hints(constructor, include_extras=True)
    except NameError:  # a name that is imported for type checkers only: the defaults' types have to do
        return {}


def _convert(value: object, annotation: object, where: str) -> object:
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - only those who give options wait for it

    if value == "none" and type(None) in typing.get_args(annotation):
        return None
    try:
        return TypeAdapter(annotation).validate_python(value)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].replace("Input should be", "should be").replace("unable to", "cannot")
        raise HarnessError(f"{where} cannot be used: it {reason}.") from error
