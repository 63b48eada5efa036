"""Checkpoints of long runs: a file each in the folder `checkpoints` of a results folder, safetensors with JSON."""

from __future__ import annotations

import json
import time
import warnings
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from harness.runs.durable import make_folder, write_durably
from harness.runs.environment import environment
from harness.training.course import Snapshot

if TYPE_CHECKING:
    from pathlib import Path


class RunCheckpoints:
    """The last checkpoint of one run.

    Args:
        path: of the file.
        key: of the run.
        every: seconds from one to the next.
    """

    def __init__(self, path: Path, key: str, every: float | None) -> None:
        self._path = path
        self._every = every
        self._last = time.monotonic()
        # other versions and processors round otherwise: a run that went on there would be no run of one piece
        made = environment()
        self._origin = {"run": key, "torch": torch.__version__, "processor": str(made.get("processor"))}

    def load(self) -> Snapshot | None:
        """What was kept; nothing, with a warning, where it is damaged or was made elsewhere."""
        if not self._path.exists():
            return None
        try:
            with safe_open(self._path, "pt") as file:
                values = json.loads(file.metadata()["training"])
                origin = json.loads(file.metadata()["origin"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            self._say_unused(f"it is damaged ({error})")
            return None
        if origin != self._origin:
            self._say_unused("it was made by another version or on another machine")
            return None
        return Snapshot(tensors, values)

    def due(self) -> bool:
        """Whether the last one is old enough."""
        return self._every is not None and time.monotonic() - self._last >= self._every

    def save(self, snapshot: Snapshot) -> None:
        """Keep it instead of the one before; if it cannot be written, training goes on without, with a warning."""
        self._last = time.monotonic()
        texts = {"training": json.dumps(snapshot.values), "origin": json.dumps(self._origin)}
        try:
            make_folder(self._path.parent)
            write_durably(self._path, save(snapshot.tensors, texts))
        except OSError as error:
            warnings.warn(f"{self._path} cannot be written: {error.strerror}", RuntimeWarning, stacklevel=2)

    def _say_unused(self, reason: str) -> None:
        warnings.warn(f"{self._path} cannot be used, and the run begins anew: {reason}", RuntimeWarning, stacklevel=3)
