"""What one run is: a frozen value with a content hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness import __version__
from harness.modeling.sizing import Size
from harness.registry import Component
from harness.registry.options import text_of
from harness.training.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.modeling.engine.select import Engine


@dataclass(frozen=True)
class RunSpec:
    """One training run: everything that its result depends on.

    Attributes:
        cell: the cell with its options and the code behind it.
        task: likewise.
        data: the task's fingerprint of its data.
        seed: of the initial weights and of the order of the data.
        budget: smoke, quick or full: the name of the recipe.
        recipe: how this run trains: the task's recipe of this budget, with what the user changed.
        size: what is held equal between cells.
        device: where it runs.
        engine: what runs a cell over time: auto, native, torch or loop.
        shared: what the recipe that all cells have in common says of those settings that are this cell's own.
        tuned: the same of those settings that trials choose, for each cell its own.
        tune: of how many trials they are the best; 0 where nothing was tuned, and for a trial.
        trial: the number of a trial, from 1, which is scored on validation only; 0 for a run that is none.
        changes: what the user changed in the task's recipe for all cells, for people; the recipe has it.
        plugins: what the user named with `--plugin`, so that a worker finds the code; no part of the content.
        looks: at which numbers of seeds it is looked whether more are run, where that is not fixed before; likewise.
    """

    cell: Component
    task: Component
    data: str
    seed: int
    budget: str
    recipe: Recipe
    size: Size
    device: str
    engine: Engine = "auto"
    shared: Mapping[str, Any] = field(default_factory=dict)
    tuned: Mapping[str, Any] = field(default_factory=dict)
    tune: int = 0
    trial: int = 0
    changes: tuple[str, ...] = field(default=(), compare=False)
    plugins: tuple[str, ...] = field(default=(), compare=False)
    looks: tuple[int, ...] = field(default=(), compare=False)

    @cached_property
    def key(self) -> str:
        """The content hash: equal for runs that must give equal results."""
        before, after = self._content
        return text_hash(f"{before}{self.seed}{after}")

    @cached_property
    def _content(self) -> tuple[str, str]:
        """The content as canonical JSON, before and after the seed: runs that differ in the seed alone share it."""
        parts = {"shared": dict(self.shared), "tuned": dict(self.tuned), "trial": self.trial}
        apart = {name: part for name, part in parts.items() if part}  # so that keys from before there were such stand
        own = {"recipe": asdict(self.recipe), **apart, "cell": self.cell.identity(), "seed": _SEED}
        before, after = canonical({**self.setting(), **own}).split(canonical(_SEED))
        return before, after

    def with_seed(self, seed: int) -> RunSpec:
        """The same with another seed, made in the time that a key takes, since there may be a million."""
        self._content, self.contest, self.row, self.knobs  # noqa: B018 - worked out once, for all seeds
        spec = object.__new__(RunSpec)
        spec.__dict__.update(self.__dict__, seed=seed)
        spec.__dict__.pop("key", None)
        return spec

    @cached_property
    def contest(self) -> str:
        """The content hash of what cells share: what must agree for two of them to be compared."""
        return content_hash(self.setting())

    @cached_property
    def knobs(self) -> tuple[str, ...]:
        """The settings that are this cell's own, for people: `clip=none`."""
        return self._settings(self.shared)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The settings that trials chose for this cell, or that this trial tries, for people."""
        return self._settings(self.tuned)

    @cached_property
    def row(self) -> str:
        """What stands in tables: the cell with its options, and the settings of its own."""
        return " ".join([self.cell.label, *self.knobs])

    def setting(self) -> dict[str, Any]:
        """All of the content that cells and seeds share, the version of the harness that trains included."""
        return {
            "harness": __version__,
            "task": self.task.identity(),
            "data": self.data,
            "budget": self.budget,
            "recipe": {**asdict(self.recipe), **self.shared, **self.tuned},
            "size": asdict(self.size),
            "device": self.device,
            **({} if self.engine == "auto" else {"engine": self.engine}),
            **({"tune": self.tune} if self.tune else {}),
        }

    def _settings(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(f"{name}={text_of(getattr(self.recipe, name))}" for name in names)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunSpec:
        """The spec that `dataclasses.asdict` took apart."""
        parts = {
            "cell": Component(**values["cell"]),
            "task": Component(**values["task"]),
            "recipe": Recipe(**values["recipe"]),
            "size": Size(**values["size"]),
            "changes": tuple(values["changes"]),
            "plugins": tuple(values["plugins"]),
            "looks": tuple(values.get("looks", ())),
        }
        return cls(**{**values, **parts})

    def __str__(self) -> str:
        return f"{self.task.label} {self.row} " + (f"trial {self.trial}" if self.trial else f"seed {self.seed}")


@dataclass(frozen=True)
class BaselineSpec:
    """The trivial predictors of one task: computed once, whatever the cells, seeds and budgets."""

    task: Component
    data: str
    plugins: tuple[str, ...] = field(default=(), compare=False)

    @cached_property
    def key(self) -> str:
        """The content hash."""
        return content_hash({"harness": __version__, "baselines of": self.task.identity(), "data": self.data})

    def __str__(self) -> str:
        return f"{self.task.label} baselines"


Spec = RunSpec | BaselineSpec


_SEED = "\0the seed stands here"


def content_hash(content: Mapping[str, Any]) -> str:
    """The hash of canonical JSON."""
    return text_hash(canonical(content))


def canonical(content: object) -> str:
    """JSON that is the same for the same content."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def text_hash(text: str) -> str:
    """The first 16 hexadecimal digits of the sha256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
