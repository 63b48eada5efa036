"""What a plugin offers when it is neither a class of its own nor the place of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Wrapped:
    """Somebody else's code, behind an adapter of the plugin: listed and hashed as what it is.

    Attributes:
        target: the adapter, "package.module:Name", which is imported only when used.
        file: the source of what is wrapped, so that another version of it is another cell.
        summary: one line on what it is.
        citation: its source in the literature.
        options: its options with their defaults, as text.
    """

    target: str
    file: Path
    summary: str
    citation: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
