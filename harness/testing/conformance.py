"""The conformance test: every check, what it means when it fails, and how they are run."""

from __future__ import annotations

import traceback
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from harness.errors import HarnessError
from harness.modeling.assembly import check_cell
from harness.registry.guard import guarded, patience
from harness.testing import learning, parity, steps, time
from harness.testing.subject import HIDDEN, INPUT, Subject
from harness.testing.verdict import DoesNotApplyError, Finding, Outcome, UnmetError, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Check:
    """One thing that every cell must do.

    Attributes:
        name: of it, for tables.
        meaning: what it means when it fails.
        test: raises UnmetError where a subject does not; gives a remark.
    """

    name: str
    meaning: str
    test: Callable[[Subject], str]


def _alone(subject: Subject) -> str:
    """The cell leaves alone what everybody shares; `examine` adds what the other checks saw it do."""
    with torch.random.fork_rng(devices=[]):
        seed = torch.default_generator.manual_seed(12345).initial_seed()
        more = (4, torch.nn.Identity()) if subject.cell.predicts else ()
        subject.cell(INPUT, HIDDEN, *more, **subject.options)
        if torch.initial_seed() != seed:
            raise UnmetError("its constructor seeds torch, so that all seeds of a run start alike")
    return ""


CHECKS = (
    Check(
        "shapes and dtypes",
        "nothing else can be relied on: models are assembled from what a cell says of its widths.",
        steps.shapes_and_dtypes,
    ),
    Check(
        "gradients (float64)",
        "training follows something else than the loss: a detach, an in-place change, or a wrong backward pass.",
        steps.gradients,
    ),
    Check(
        "engine equals loop",
        "the compiled cell is not the one that is written: please report it; --engine loop runs the one that is.",
        time.engine_equals_loop,
    ),
    Check(
        "chunks equal the whole",
        "something is remembered that is not in the states, or a state is not used: long texts would be read wrong.",
        time.chunks_equal_whole,
    ),
    Check(
        "masked equals unpadded",
        "padding leaks into results: scores would depend on how sequences are batched.",
        time.masked_equals_unpadded,
    ),
    Check(
        "rows independent",
        "sequences of a batch see each other, as under batch normalisation: test scores would depend on the batch.",
        time.rows_independent,
    ),
    Check(
        "causal",
        "it sees the future: a language model would read what it should predict.",
        time.causal,
    ),
    Check(
        "deterministic",
        "a run could not be repeated, and seeds would not be paired between cells.",
        steps.deterministic,
    ),
    Check(
        "state dict round trip",
        "its saved weights are not all of it: a plain tensor should be a parameter or a buffer.",
        steps.state_dict,
    ),
    Check(
        "moves to dtype and device",
        "it makes tensors of a fixed type or place: use x.new_zeros(...) rather than torch.zeros(...).",
        steps.moves,
    ),
    Check(
        "learns a trivial task",
        "it cannot carry one bit to the next step: weights get no gradient, or start too large or too small.",
        learning.learns,
    ),
    Check(
        "equals its reference",
        "it is not the cell that it says it is, or from_reference maps the weights wrong.",
        parity.equals_reference,
    ),
    Check(
        "leaves the process alone",
        "it changes what all cells share, which makes comparisons unfair.",
        _alone,
    ),
)


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
    if check.test is _alone and deeds and outcome == "passed":
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
