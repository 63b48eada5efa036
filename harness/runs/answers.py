"""What is said of runs before any is executed: everything that can be told to be wrong is told then.

It is said by other people's code; whatever else goes wrong in that is no answer: executing the run gives the row that
says why.
"""

from __future__ import annotations

import io
import traceback
import warnings
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from harness.errors import HarnessError, LoadError, NotSupportedError, PluginWarning
from harness.modeling.assembly import engines
from harness.runs.building import build_model, load_cell, load_task, sized
from harness.runs.questions import Answer, Question
from harness.training.update import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.modeling.sizing import Footprint
    from harness.runs.spec import RunSpec


def answer(question: Question, spec: RunSpec) -> Answer:
    """Answer a question about a run; what is printed meanwhile is printed again when it is executed."""
    with warnings.catch_warnings(record=True) as caught, redirect_stdout(io.StringIO()):
        warnings.simplefilter("always", PluginWarning)
        size, error = _answer(question, spec)
    deeds = [str(warning.message) for warning in caught if issubclass(warning.category, PluginWarning)]
    return Answer(size, error, tuple(deeds))


def _answer(question: Question, spec: RunSpec) -> tuple[Footprint | None, HarnessError | None]:
    try:
        return _ANSWERS[question](spec), None
    except LoadError as error:
        return None, _plain(LoadError, error)
    except HarnessError as error:
        return None, _plain(HarnessError, error)
    except (Exception, SystemExit):  # noqa: BLE001 - as above
        return None, None


def _plain(kind: type[HarnessError], error: HarnessError) -> HarnessError:
    """The same in types of ours, since whoever asked may not be able to load others; the cause is a note."""
    plain = kind(str(error))
    causes = traceback.format_exception(error.__cause__) if error.__cause__ else ()
    for note in (*getattr(error, "__notes__", ()), "".join(causes)):
        plain.add_note(note)
    return plain


def _recipe(spec: RunSpec) -> None:
    """Whether there are the optimiser, the schedule and the regulariser that the recipe names."""
    check(spec.recipe)


def _cell(spec: RunSpec) -> None:
    """Whether the cell can be imported, and takes its options."""
    load_cell(spec.cell, spec.plugins)


def _data(spec: RunSpec) -> None:
    """Whether a training batch can be drawn."""
    try:
        next(iter(load_task(spec.task, spec.plugins).batches("train", spec.recipe.batch, spec.seed)))
    except HarnessError as error:
        raise HarnessError(f"{spec.task.name}: {error}") from error


def _size(spec: RunSpec) -> Footprint | None:
    """How large the model is; whether an engine that was asked for by name can run it."""
    try:
        footprint = sized(spec)
    except NotSupportedError:  # a row of the table
        return None
    if spec.engine not in {"auto", "loop"}:
        engines(build_model(spec, footprint.hidden_size, spec.seed))
    return footprint


_ANSWERS: dict[Question, Callable[[RunSpec], Footprint | None]] = {
    "recipe": _recipe,
    "cell": _cell,
    "data": _data,
    "size": _size,
}
