"""Tasks on signals of several channels: speech and music."""

from __future__ import annotations

from harness import hookimpl


@hookimpl
def harness_tasks() -> dict[str, str]:
    """The tasks of this package."""
    return {"music": "harness_signals.music:Music", "vowels": "harness_signals.vowels:Vowels"}


@hookimpl
def harness_datasets() -> dict[str, str]:
    """Speech, and pieces of music."""
    return {
        "jsb-chorales": "harness_signals.music:JSB",
        "nottingham": "harness_signals.music:NOTTINGHAM",
        "vowels-test": "harness_signals.vowels:TEST",
        "vowels-train": "harness_signals.vowels:TRAIN",
    }
