"""Discovery: entry points, files and modules, each loaded on its own, so that one that fails takes nothing with it."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from harness.errors import HarnessError, NotSupportedError, PluginWarning, did_you_mean
from harness.registry.catalog import Catalog, Entry, Origin
from harness.registry.hooks import GROUP, HOOK_NAMES, Hooks
from harness.registry.imports import guest, import_file, reason
from harness.registry.offer import Wrapped
from harness.registry.references import ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CLASSES = {"harness_cells", "harness_tasks", "harness_executors"}
"""Hooks that offer classes."""
OFFERED = (type, str, Wrapped, NotSupportedError)
"""What these can be offered as."""
_NAME = re.compile(r"\w[\w.+-]*")
_SPELLING = f"a name is of letters, digits and any of . + - _, and is not {ALL}"


@dataclass(frozen=True)
class Broken:
    """A plugin that could not be loaded, or whose hook failed."""

    origin: Origin
    reason: str
    details: str
    """The traceback, for `--verbose`."""
    asked: bool = False
    """Whether the user named it with `--plugin`."""

    def __str__(self) -> str:
        return f"{self.origin} could not be loaded: {self.reason}"


class Plugins:
    """Everything that plugins offer, and which of them failed."""

    def __init__(self) -> None:
        self.manager = pluggy.PluginManager(GROUP)
        self.manager.add_hookspecs(Hooks)
        self.origins: dict[str, Origin] = {}
        self.broken: list[Broken] = []
        self._asked: set[str] = set()

    def load_entry_points(self) -> None:
        """Load what installed distributions register, one by one: pluggy's own loader gives up at the first failure."""
        for point in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda point: point.name):
            distribution = point.dist
            origin = Origin(distribution.name, distribution.version) if distribution else Origin(point.name, "?")
            self._load(point.name, origin, point.load, asked=False)

    def load_named(self, name: str) -> None:
        """Load `--plugin my_cell.py` or `--plugin package.module`."""
        if name in self._asked:
            return
        self._asked.add(name)
        path = Path(name)
        if path.suffix == ".py":
            version = hashlib.sha256(path.read_bytes()).hexdigest()[:8] if path.is_file() else "?"
            self._load(str(path.resolve()), Origin(path.name, version), lambda: import_file(path), asked=True)
        else:
            distributions = importlib.metadata.packages_distributions().get(name.partition(".")[0], [])
            version = importlib.metadata.version(distributions[0]) if distributions else "?"
            origin = Origin(distributions[0] if distributions else name, version)
            self._load(name, origin, lambda: importlib.import_module(name), asked=True)

    def cells(self) -> Catalog:
        """The cells and layers that plugins offer."""
        return Catalog("cell", self._offers("harness_cells"))

    def tasks(self) -> Catalog:
        """The tasks that plugins offer."""
        return Catalog("task", self._offers("harness_tasks"))

    def datasets(self) -> Catalog:
        """The data sets that plugins offer."""
        return Catalog("data set", self._offers("harness_datasets"))

    def recipes(self) -> Catalog:
        """The named recipes that plugins offer."""
        return Catalog("recipe", self._offers("harness_recipes"))

    def executors(self) -> Catalog:
        """The executors that plugins offer."""
        return Catalog("executor", self._offers("harness_executors"))

    def _load(self, name: str, origin: Origin, load: Callable[[], object], *, asked: bool) -> None:
        if self.manager.has_plugin(name):  # two distributions may call their entry points the same
            name = f"{origin.distribution}/{name}"
        try:
            plugin = guest(str(origin), load)
            if self.manager.is_registered(plugin):
                return
            self._check_hooks(plugin)
            self._register(plugin, name)
        except PluginWarning:  # where warnings are errors
            raise
        except Exception as error:  # noqa: BLE001 - whatever a plugin does at import is its own failure
            self.broken.append(Broken(origin, reason(error), traceback.format_exc(), asked))
        else:
            self.origins[name] = origin

    def _register(self, plugin: object, name: str) -> None:
        try:
            self.manager.register(plugin, name)
        except pluggy.PluginValidationError:  # pluggy before 1.7 leaves the hooks in that came before the wrong one
            if self.manager.is_registered(plugin):
                self.manager.unregister(plugin)
            raise

    def _check_hooks(self, plugin: object) -> None:
        hooks = [name for name in dir(plugin) if self.manager.parse_hookimpl_opts(plugin, name) is not None]
        for name in hooks:
            if name not in HOOK_NAMES:
                raise HarnessError(f"there is no hook {name}.{did_you_mean(name, HOOK_NAMES)}")
        if not hooks:
            raise HarnessError("it has no function marked @hookimpl (a class alone can be tried as FILE.py:CLASS)")

    def _offers(self, hook: str) -> Iterable[Entry]:
        for implementation in getattr(self.manager.hook, hook).get_hookimpls():
            origin = self.origins[implementation.plugin_name]
            try:
                offers = _checked(guest(f"{hook} of {origin}", implementation.function), hook)
            except PluginWarning:
                raise
            except Exception as error:  # noqa: BLE001 - a hook that fails loses its own offers only
                broken = Broken(origin, f"{hook} failed: {reason(error)}", traceback.format_exc())
                if str(broken) not in map(str, self.broken):
                    self.broken.append(broken)
            else:
                yield from (Entry(name, target, origin, implementation.plugin_name) for name, target in offers.items())


def _checked(offers: Any, hook: str) -> Mapping[str, object]:  # noqa: ANN401 - whatever a plugin returned
    if not isinstance(offers, Mapping) or not all(isinstance(name, str) for name in offers):
        raise HarnessError(f"{hook} must return a mapping of names, not {type(offers).__name__}")
    for name, target in offers.items():
        if name == ALL or not _NAME.fullmatch(name):
            raise HarnessError(f"nobody could ask for {name!r}: {_SPELLING}")
        if hook in CLASSES and not isinstance(target, OFFERED):
            raise HarnessError(f'{hook} must give a class or "package.module:Class" for "{name}", not {target!r}')
    return offers


_current: Plugins | None = None


def current() -> Plugins:
    """The plugins of this process: installed ones, and those that `install` added."""
    global _current  # noqa: PLW0603 - discovery happens once a process
    if _current is None:
        _current = Plugins()
        _current.load_entry_points()
    return _current


def install(names: Iterable[str]) -> Plugins:
    """Add plugins that the user named to those of this process."""
    plugins = current()
    for name in names:
        plugins.load_named(name)
    return plugins
