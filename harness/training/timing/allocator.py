"""The allocator of glibc, tuned: the honest baseline for whoever allocates much."""

from __future__ import annotations

import os

SETTINGS = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "2000000000",
    "MALLOC_TOP_PAD_": "268435456",
}
"""Environment variables with which it keeps the memory that it has, so that no page is given back and faulted in anew
(mallopt(3)). They are read when a process starts."""


def tuned() -> bool:
    """Whether this process was started with `SETTINGS`."""
    return all(os.environ.get(name) == setting for name, setting in SETTINGS.items())
