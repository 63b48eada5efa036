"""Lookup by name, with the nearest name when there is none and both owners when there are two."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError, LoadError, NotSupportedError, PluginWarning, did_you_mean
from harness.registry.describe import Description, classes, describe, source_file, source_hash
from harness.registry.imports import guest, import_named, reason
from harness.registry.offer import Wrapped
from harness.registry.references import Component, Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@dataclass(frozen=True)
class Origin:
    """The distribution and version that something comes from; for a file, its name and the start of its sha256."""

    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


@dataclass(frozen=True)
class Entry:
    """Something that a plugin offers under a name.

    An object, the "package.module:Name" to import it from, somebody else's code that the plugin wraps, or the error
    that says why there is none.
    """

    name: str
    target: object
    origin: Origin
    plugin: str = ""
    """The plugin that offers it; empty for a class in a file."""

    @property
    def refusal(self) -> str:
        """Why it cannot be used, where its plugin says so; empty otherwise."""
        return str(self.target) if isinstance(self.target, NotSupportedError) else ""

    def check(self) -> None:
        """See that it can be used.

        Raises:
            NotSupportedError: its plugin says that it cannot.
        """
        if self.refusal:
            raise NotSupportedError(f'"{self.name}" of {self.origin} cannot be used: {self.refusal}')

    def load(self) -> object:
        """The object itself, imported now if it was not before.

        Raises:
            LoadError: it cannot be imported.
        """
        self.check()
        target = self.target.target if isinstance(self.target, Wrapped) else self.target
        if not isinstance(target, str):
            return target
        try:
            return guest(f'"{self.name}" of {self.origin}', lambda: import_named(target))
        except PluginWarning:  # where warnings are errors
            raise
        except Exception as error:  # whatever a plugin does at import is its own failure
            raise LoadError(f'"{self.name}" of {self.origin} could not be loaded: {reason(error)}') from error

    def describe(self) -> Description:
        """What it says of itself, read without importing it."""
        if isinstance(self.target, Wrapped):
            return Description(self.target.summary, self.target.citation, dict(self.target.options))
        if self.refusal:
            return Description(f"cannot be used: {self.refusal}")
        name = self.target.rpartition(":")[2] if isinstance(self.target, str) else getattr(self.target, "__name__", "")
        return describe(self._file(), name)

    def component(self, target: str, options: Mapping[str, str | int | float | bool | None]) -> Component:
        """This entry as a run uses it.

        Raises:
            NotSupportedError: it cannot be used.
        """
        self.check()
        source = source_hash(self._file())
        name = target if self.origin.distribution in target.split("/") else self.name
        return Component(target, name, options, self.origin.distribution, self.origin.version, source)

    def _file(self) -> Path | None:
        if isinstance(self.target, Wrapped):
            return self.target.file
        try:
            return source_file(self.target)
        except (Exception, SystemExit):  # noqa: BLE001 - the package around it is imported, and is the plugin's own
            return None


class Catalog:
    """All that plugins offer of one kind."""

    def __init__(self, kind: str, entries: Iterable[Entry]) -> None:
        self.kind = kind
        self._entries = sorted(entries, key=lambda entry: entry.name)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def find(self, target: str) -> Entry:
        """The entry of `name`, `distribution/name` or `file.py:Class`.

        Raises:
            HarnessError: there is none, or there are several.
        """
        if target.endswith(".py"):
            raise _without_class(Path(target))
        in_file = Reference(target).in_file
        return self._in_file(*in_file) if in_file else self._registered(target)

    def _registered(self, target: str) -> Entry:
        distribution, _, name = target.rpartition("/")
        found = [e for e in self._entries if e.name == name and distribution in ("", e.origin.distribution)]
        if not found:
            hint = did_you_mean(name, [entry.name for entry in self._entries])
            command = f"harness {self.kind.replace(' set', '')}{'' if self.kind == 'data set' else 's'}"
            raise HarnessError(f'no {self.kind} is called "{target}".{hint} ({command} lists all {len(self._entries)})')
        if len(found) > 1:
            owners = " and ".join(str(entry.origin) for entry in found)
            raise HarnessError(
                f'{len(found)} plugins offer a {self.kind} called "{name}": {owners}. '
                f'Choose one, for example "{found[0].origin.distribution}/{name}".'
            )
        return found[0]

    def _in_file(self, path_text: str, class_name: str) -> Entry:
        path = Path(path_text)
        if not path.is_file():
            raise HarnessError(f"there is no file {path}: {path}:{class_name} was asked for.")
        return Entry(class_name, f"{path}:{class_name}", Origin(path.name, source_hash(path)[:8]))


def _without_class(path: Path) -> HarnessError:
    """What to tell of a file in which no class is named."""
    names = classes(path)
    if not path.is_file():
        return HarnessError(f"there is no file {path}.")
    return HarnessError(f"{path} is a file: name a class in it, as in {path}:{names[-1] if names else 'MyClass'}.")
