"""Tasks that turn one sequence into another: spelling to phonemes, and translation."""

from __future__ import annotations

from harness import hookimpl


@hookimpl
def harness_tasks() -> dict[str, str]:
    """The tasks of this package."""
    return {"g2p": "harness_transduction.g2p:G2P", "translation": "harness_transduction.translation:Translation"}


@hookimpl
def harness_datasets() -> dict[str, object]:
    """Pairs of sequences."""
    from harness_transduction.multi30k import DATASETS  # noqa: PLC0415 - cards need no torch and no files

    return {"cmudict": "harness_transduction.cmudict:CMUDICT", **DATASETS}
