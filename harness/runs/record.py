"""What a run leaves behind."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from harness.runs.spec import BaselineSpec, RunSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

Status = Literal[
    "finished",
    "diverged",
    "not supported",
    "out of memory",
    "out of time",
    "no data",
    "failed",
    "crashed",
    "not evaluated",
]
"""How a run ended; "not evaluated" is no end, but how one stands that is looked at before its first evaluation."""
PASSING = ("out of memory", "out of time", "no data", "failed", "crashed")
"""Ends that another attempt may not come to; the others are the same each time."""

PHASES = ("forward", "backward", "inference")
"""What is timed of a cost."""
Price = list[Any]
"""What tables show of a cost: for each of `PHASES` seconds a time step of a sequence (median); bytes; kernel."""
BUSY = 0.05
"""The share of the machine that others may use, and of the time that a run may wait for a processor."""


@dataclass(frozen=True)
class RunRecord:
    """The result of one run, whatever it was.

    Attributes:
        spec: what was run.
        status: how it ended; any but "finished" is a failure, which counts as one in every table.
        reason: of a failure, in a sentence.
        details: of a failure: the traceback.
        metrics: name, direction and digits of each metric, the first one first.
        scores: metric to value on the test set, read once, in the state that did best on validation.
        validation: the same on the validation set.
        solved: whether the task counts as solved, where that makes sense.
        solved_step: the first evaluation at which it was, on validation.
        best_step: the step of the state that was kept.
        hidden_size: of every layer.
        parameters: all trainable ones.
        recurrent_parameters: those of the recurrent layers among them.
        state_size: see `Footprint`.
        flops_per_step: likewise.
        steps: optimiser steps that were done.
        seconds: spent in training, evaluations left out.
        diagnosing_seconds: spent on diagnoses, besides training.
        elapsed: seconds of the whole run, with evaluations and all else.
        sequence_steps: time steps of sequences trained on.
        clipped: the share of optimiser steps whose gradient was clipped.
        data_seen: a checksum of the data that was read for training, validation and test; see `Checksum`.
        engine: what ran the recurrence: "native", "torch" or "loop", the last with its reason; "layer" for a
            whole-sequence layer.
        cost: times for each time step of a sequence, memory and kernel, measured after training; see `Cost`.
        disturbance: threads, and what else the machine did from the beginning of training to the end of that; see
            `Disturbance`.
        checked: the verdict of `harness check` on the cell as it ran, with the version of harness that gave it: "passed
            11 of 11, 0.1.0"; empty where nobody had checked it.
        finished: when it ended, UTC, ISO 8601.
        attempt: which one this was, counted from 1; `harness run --retry` makes more than one.
        environment: versions and machine.
        curve: how training went, at each evaluation; see `Point`.
        diagnoses: of the model before and after training; see `Diagnosis`.
        samples: what the model made on the way; see `Sample`.
        state: the weights that did best on validation, as safetensors; kept in a file of its own.
    """

    spec: RunSpec
    status: Status
    reason: str = ""
    details: str = ""
    metrics: list[dict[str, Any]] = field(default_factory=list)
    scores: dict[str, float] = field(default_factory=dict)
    validation: dict[str, float] = field(default_factory=dict)
    solved: bool | None = None
    solved_step: int | None = None
    best_step: int | None = None
    hidden_size: int | None = None
    parameters: int | None = None
    recurrent_parameters: int | None = None
    state_size: int | None = None
    flops_per_step: int | None = None
    steps: int | None = None
    seconds: float | None = None
    diagnosing_seconds: float | None = None
    elapsed: float | None = None
    sequence_steps: int | None = None
    clipped: float | None = None
    data_seen: dict[str, float] = field(default_factory=dict)
    engine: str = ""
    cost: dict[str, Any] = field(default_factory=dict)
    disturbance: dict[str, Any] = field(default_factory=dict)
    checked: str = ""
    finished: str = ""
    attempt: int = 1
    environment: dict[str, Any] = field(default_factory=dict)
    curve: list[dict[str, Any]] = field(default_factory=list)
    diagnoses: list[dict[str, Any]] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    state: bytes = field(default=b"", repr=False, compare=False)

    @property
    def setup(self) -> RunSpec:
        """The spec as far as it is that of other seeds, too: its seed and its key may be another run's."""
        return self.spec

    @property
    def seed(self) -> int:
        """That of the spec."""
        return self.spec.seed

    @property
    def price(self) -> Price:
        """What tables show of the cost; None for what is not known."""
        return price_of(self.cost)

    @property
    def disturbed(self) -> bool:
        """Whether others kept so much of the machine busy that its times are not to be compared."""
        return is_disturbed(self.disturbance, self.environment)

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunRecord:
        """The record that `as_dict` took apart."""
        return cls(**{**values, "spec": RunSpec.from_dict(values["spec"])})


def price_of(cost: Mapping[str, Any]) -> Price:
    """What tables show of a cost; None for what is not known."""
    return [*(cost.get(phase, {}).get("median") for phase in PHASES), cost.get("memory"), cost.get("kernel")]


def is_disturbed(disturbance: Mapping[str, Any], environment: Mapping[str, Any]) -> bool:
    """Whether others kept more of a machine busy than they may."""
    others, waited = disturbance.get("others") or 0.0, disturbance.get("waited") or 0.0
    return bool(others > BUSY * environment.get("cores", 1) or waited > BUSY)


@dataclass(frozen=True)
class BaselineRecord:
    """The scores of a task's trivial predictors on its test set."""

    spec: BaselineSpec
    baselines: list[dict[str, Any]] = field(default_factory=list)
    """Name and scores of each."""
    reason: str = ""
    """Why there are none, where they could not be computed."""
    details: str = ""
    finished: str = ""
    attempt: int = 1

    @property
    def status(self) -> Status:
        """How it ended, as of a run."""
        return "failed" if self.reason else "finished"

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> BaselineRecord:
        """The record that `as_dict` took apart."""
        from harness.registry import Component  # noqa: PLC0415

        spec = values["spec"]
        task = Component(**spec["task"])
        return cls(**{**values, "spec": BaselineSpec(task, spec["data"], tuple(spec["plugins"]))})


Record = RunRecord | BaselineRecord
