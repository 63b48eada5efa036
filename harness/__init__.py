"""A benchmark harness for recurrent cells.

The names that an author of a cell, a task or a data set needs come from here, and `load`, which reads results. They are
imported on first use, so that `import harness` loads no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.analysis.results import Results as Results
    from harness.analysis.results import load as load
    from harness.data.batch import Batch as Batch
    from harness.data.batch import Split as Split
    from harness.data.batching import bucketed as bucketed
    from harness.data.batching import endless as endless
    from harness.data.batching import streams as streams
    from harness.data.card import Corpus as Corpus
    from harness.data.card import DataSet as DataSet
    from harness.data.examples import first as first
    from harness.data.lookup import corpus as corpus
    from harness.data.lookup import dataset as dataset
    from harness.data.sources import Address as Address
    from harness.data.sources import LocalFiles as LocalFiles
    from harness.data.sources import WheelMember as WheelMember
    from harness.data.vocabulary import Vocabulary as Vocabulary
    from harness.errors import HarnessError as HarnessError
    from harness.errors import NotSupportedError as NotSupportedError
    from harness.modeling.cell import Cell as Cell
    from harness.modeling.cell import Gate as Gate
    from harness.modeling.cell import States as States
    from harness.modeling.ctc import best_paths as best_paths
    from harness.modeling.ctc import prefix_beams as prefix_beams
    from harness.modeling.encoding import Binary as Binary
    from harness.modeling.encoding import Classes as Classes
    from harness.modeling.encoding import Embedding as Embedding
    from harness.modeling.encoding import Encoding as Encoding
    from harness.modeling.encoding import Generated as Generated
    from harness.modeling.encoding import OneHot as OneHot
    from harness.modeling.encoding import Output as Output
    from harness.modeling.encoding import Real as Real
    from harness.modeling.layer import Layer as Layer
    from harness.modeling.search import Hypotheses as Hypotheses
    from harness.modeling.tensors import Tensors as Tensors
    from harness.registry import Wrapped as Wrapped
    from harness.registry import hookimpl as hookimpl
    from harness.runs.execute import execute as execute
    from harness.runs.executors.base import Executor as Executor
    from harness.runs.executors.base import Listener as Listener
    from harness.runs.executors.base import Progress as Progress
    from harness.training.edits import edit_distance as edit_distance
    from harness.training.recipe import Recipe as Recipe
    from harness.training.space import Choice as Choice
    from harness.training.space import LogUniform as LogUniform
    from harness.training.space import Uniform as Uniform
    from harness.training.task import Baseline as Baseline
    from harness.training.task import LanguageTask as LanguageTask
    from harness.training.task import Metric as Metric
    from harness.training.task import Task as Task
    from harness.training.task import Totals as Totals

__version__ = "0.1.0"

_HOMES = {
    "harness.analysis.results": ("Results", "load"),
    "harness.data.batch": ("Batch", "Split"),
    "harness.data.batching": ("bucketed", "endless", "streams"),
    "harness.data.card": ("Corpus", "DataSet"),
    "harness.data.examples": ("first",),
    "harness.data.lookup": ("corpus", "dataset"),
    "harness.data.sources": ("Address", "LocalFiles", "WheelMember"),
    "harness.data.vocabulary": ("Vocabulary",),
    "harness.errors": ("HarnessError", "NotSupportedError"),
    "harness.modeling.cell": ("Cell", "Gate", "States"),
    "harness.modeling.ctc": ("best_paths", "prefix_beams"),
    "harness.modeling.encoding": (
        "Binary",
        "Classes",
        "Embedding",
        "Encoding",
        "Generated",
        "OneHot",
        "Output",
        "Real",
    ),
    "harness.modeling.layer": ("Layer",),
    "harness.modeling.search": ("Hypotheses",),
    "harness.modeling.tensors": ("Tensors",),
    "harness.registry": ("Wrapped", "hookimpl"),
    "harness.runs.execute": ("execute",),
    "harness.runs.executors.base": ("Executor", "Listener", "Progress"),
    "harness.training.recipe": ("Recipe",),
    "harness.training.edits": ("edit_distance",),
    "harness.training.space": ("Choice", "LogUniform", "Uniform"),
    "harness.training.task": ("Baseline", "LanguageTask", "Metric", "Task", "Totals"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOME_OF]
