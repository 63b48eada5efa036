"""What tests of the plan share."""

from __future__ import annotations

from harness.runs.plan import Request


def request(**changes: object) -> Request:
    """Two cells on a task with two seeds, and what is asked for instead."""
    values = {"cells": ("lstm", "gru"), "tasks": ("adding",), "seeds": 2, "budget": "smoke", "device": "cpu"}
    return Request(**{**values, **changes})  # type: ignore[arg-type]
