"""The conformance test: running the checks on a cell, and what is found."""

from __future__ import annotations

import traceback
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from harness.errors import HarnessError
from harness.modeling.assembly import check_cell
from harness.registry.guard import guarded, patience
from harness.testing.checks import CHECKS, leaves_alone
from harness.testing.subject import Subject
from harness.testing.verdict import DoesNotApplyError, Finding, Outcome, UnmetError, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.testing.checks import Check


def examine(subject: Subject) -> Iterator[Finding]:
    """Run every check; gives each finding as soon as it is there. A cell that does not run at all is asked no more."""
    deeds: dict[str, None] = {}
    broken = False
    for check in CHECKS:
        if broken:
            yield Finding(check.name, "failed", "not tried, since the cell does not run", check.meaning)
            continue
        finding = find(check, subject, deeds)
        broken = check is CHECKS[0] and finding.outcome == "failed"
        yield finding


def verdict(subject: Subject) -> Verdict:
    """All findings at once."""
    return Verdict(list(examine(subject)))


def assert_conforms(cell: type, **options: object) -> None:
    """Fail, as a test, where a cell or layer does not conform.

    Args:
        cell: a subclass of harness.Cell or harness.Layer.
        options: of its constructor.

    Raises:
        AssertionError: it does not; the message says of each failed check what was found and what it means.
        HarnessError: it is no cell.
    """
    found = verdict(Subject(check_cell(cell, getattr(cell, "__name__", str(cell))), options))
    if found.failed:
        raise AssertionError("\n".join(explain(finding) for finding in found.failed))


def explain(finding: Finding) -> str:
    """What a failed check found, and what that means."""
    return f"{finding.check}: {finding.note}. It means: {finding.meaning}"


def find(check: Check, subject: Subject, deeds: dict[str, None] | None = None) -> Finding:
    """Run one check.

    Args:
        check: to run.
        subject: the cell.
        deeds: what checks before saw the cell do to the process, which the last one reports; this one's are added.
    """
    deeds = {} if deeds is None else deeds
    outcome: Outcome = "passed"
    details = ""
    done: list[str] = []
    try:
        with torch.random.fork_rng(devices=[]), _one_thread():
            torch.default_generator.manual_seed(0)
            with warnings.catch_warnings(), guarded(patience()) as done:
                warnings.simplefilter("ignore")  # what they say of a cell, a check says
                note = check.test(subject)
    except DoesNotApplyError as error:
        outcome, note = "does not apply", str(error)
    except (UnmetError, HarnessError) as error:
        outcome, note = "failed", str(error).rstrip(".")
    except Exception as error:  # noqa: BLE001 - cells are other people's code
        outcome, note, details = "failed", _short(error), traceback.format_exc()
    deeds |= dict.fromkeys(deed for deed in done if "random numbers" not in deed)  # drawing is no offence
    if check.test is leaves_alone and deeds and outcome == "passed":
        outcome, note = "failed", f"it {', and '.join(deeds)}"
    return Finding(check.name, outcome, note, check.meaning, details)


@contextmanager
def _one_thread() -> Iterator[None]:
    """As runs are: with small tensors, threads that wait for each other take longer than one that does not."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
