"""How cells, tasks and data sets come in: hooks, discovery, and lookup by name."""

from harness.registry.catalog import Catalog, Entry, Origin
from harness.registry.choice import chosen
from harness.registry.describe import Description
from harness.registry.hooks import hookimpl
from harness.registry.offer import Wrapped
from harness.registry.options import bind, convert, signature
from harness.registry.plugins import Broken, Plugins, current, install
from harness.registry.references import ALL, Component, Reference, split

__all__ = [
    "ALL",
    "Broken",
    "Catalog",
    "Component",
    "Description",
    "Entry",
    "Origin",
    "Plugins",
    "Reference",
    "Wrapped",
    "bind",
    "chosen",
    "convert",
    "current",
    "hookimpl",
    "install",
    "signature",
    "split",
]
