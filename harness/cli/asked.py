"""What the options of `harness run` ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.modeling.sizing import Size
from harness.registry import install
from harness.runs.executors import choose, usual
from harness.runs.seeds import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.runs.executors import Executor
    from harness.runs.seeds import Auto


def executor(plugins: Sequence[str], name: str | None, workers: int | None, address: str | None) -> Executor:
    """What executes the runs: worker processes, unless another is named."""
    found = install(plugins)
    if name is not None:
        return choose(found, name, {"workers": workers, "address": address})
    if address is not None:
        raise HarnessError("--address is that of a cluster: name its executor, for example --executor ray.")
    return usual(found, workers)


def size(match: str | None, hidden: int | None) -> Size | None:
    """What is held equal; what the recipes say when None."""
    if match is not None and hidden is not None:
        raise HarnessError("--match and --hidden exclude each other: give one of them.")
    if hidden is not None:
        return Size("hidden", hidden)
    return None if match is None else Size.parse(match)


def seeds(text: str) -> int | Auto:
    """How many, or as many as it takes."""
    try:
        return parse(text)
    except ValueError as error:
        raise HarnessError(f'"--seeds {text}" {error}.') from error


def settings(
    everybody: dict[str, str],
    layers: int | None,
    dropout: float | None,
    regulariser: str | None,
    *,
    bidirectional: bool,
) -> dict[str, object]:
    """All changes to recipes, those with an option of their own included."""
    options = {"layers": layers, "dropout": dropout, "regulariser": regulariser, "bidirectional": bidirectional or None}
    own = {name: value for name, value in options.items() if value is not None}
    for name in own.keys() & everybody.keys():
        raise HarnessError(f"--{name} and --set {name}={everybody[name]} exclude each other: give one of them.")
    return {**own, **everybody}
