"""The cells and layers of the package torchrecurrent, as the package itself lists them."""

from __future__ import annotations

from harness import NotSupportedError, hookimpl
from harness_torchrecurrent.discovery import discover


@hookimpl
def harness_cells() -> dict[str, object]:
    """A name for everything that the package exports; nothing where it is not installed."""
    return {found.name: NotSupportedError(found.misfit) if found.misfit else found.wrapped() for found in discover()}
