"""Certificates: the verdict on a cell, kept under the hash of its code and of the versions that it was checked with.

They are files in the user's cache, one a cell as it stands: edit the cell, or upgrade harness or torch, and it is
another one, which nobody has checked. A run copies the verdict into its record, which is durable; so that a cell that
is checked after it ran need not run again, tables look here for records without one.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.data.fetch import cache_folder
from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.registry import Component
    from harness.testing.verdict import Verdict


def keep(component: Component, versions: Mapping[str, Any], verdict: Verdict) -> Path:
    """Write the certificate of a cell, also of one that failed; an older one of the same code is replaced.

    Args:
        component: the cell with its options and the code behind it.
        versions: of harness and torch.
        verdict: on it.

    Raises:
        HarnessError: the cache cannot be written.
    """
    path = _path(component, versions)
    content = {
        "verdict": f"{verdict}, {versions['harness']}",
        "cell": component.identity(),
        "versions": dict(versions),
        "findings": [asdict(finding) for finding in verdict.findings],
    }
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise HarnessError(
            f"the certificate cannot be kept in {path.parent}: {error.strerror}. Name another folder in HARNESS_CACHE."
        ) from error
    return path


def find(component: Component, versions: Mapping[str, Any]) -> str:
    """The verdict on a cell in a few words, `passed 11 of 11, 0.1.0`; empty where this very code was not checked."""
    try:
        content = json.loads(_path(component, versions).read_text(encoding="utf-8"))
        return str(content["verdict"])
    except (OSError, ValueError, KeyError, TypeError):  # none, or damaged
        return ""


def passes(text: str) -> bool:
    """Whether a verdict in a few words, as `find` gives it, says that a cell passed."""
    return text.startswith("passed")


def _path(component: Component, versions: Mapping[str, Any]) -> Path:
    content = {"cell": component.identity(), "versions": {name: versions.get(name) for name in ("harness", "torch")}}
    text = json.dumps(content, sort_keys=True)
    return cache_folder() / "certificates" / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
