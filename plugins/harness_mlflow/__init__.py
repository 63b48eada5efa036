"""Logs every run to MLflow: `harness run ... --plugin harness_mlflow`.

MLFLOW_TRACKING_URI says where to; without it, the file `mlflow.db` of the working folder. The experiment is the task.
"""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from typing import Any

from harness import HarnessError, hookimpl

if find_spec("mlflow") is None or find_spec("sqlalchemy") is None:
    raise HarnessError("it needs MLflow: pip install cell-harness[mlflow]")

LOCAL = "sqlite:///mlflow.db"
ENDED = {"finished": "FINISHED"}
"""MLflow's name for how a run ended; all else is FAILED."""

_runs: dict[str, str] = {}


@cache
def client() -> Any:  # noqa: ANN401 - MLflow's, which is imported when there is something to log
    """MLflow's client."""
    import logging  # noqa: PLC0415

    from mlflow.tracking import MlflowClient  # noqa: PLC0415

    logging.getLogger("mlflow").setLevel(logging.WARNING)  # it tells of tables that it makes, amid what runs show
    return MlflowClient(os.environ.get("MLFLOW_TRACKING_URI") or LOCAL)


@hookimpl
def harness_run_started(spec: Any) -> None:  # noqa: ANN401 - a RunSpec
    """Begin a run of MLflow with the settings."""
    experiment = client().get_experiment_by_name(spec.task.label)
    number = experiment.experiment_id if experiment else client().create_experiment(spec.task.label)
    run = client().create_run(number, run_name=f"{spec.row} seed {spec.seed}", tags={"harness": spec.key})
    _runs[spec.key] = run.info.run_id
    settings = {"cell": spec.row, "seed": spec.seed, "budget": spec.budget, "size": str(spec.size)}
    for name, value in (settings | vars(spec.recipe)).items():
        client().log_param(run.info.run_id, name, value)


@hookimpl
def harness_run_progress(spec: Any, progress: Any) -> None:  # noqa: ANN401
    """The training loss, as it comes."""
    client().log_metric(_runs[spec.key], "loss", progress.loss, step=progress.step)


@hookimpl
def harness_run_finished(record: Any) -> None:  # noqa: ANN401 - a RunRecord
    """The learning curve, the test scores, and how it ended."""
    run = _runs.pop(record.spec.key)
    for point in record.curve:
        values = {"gradient_norm": point["gradient_norm"], **{f"validation {n}": v for n, v in point["scores"].items()}}
        for name, value in values.items():
            client().log_metric(run, name, value, step=point["step"])
    for name, value in record.scores.items():
        client().log_metric(run, f"test {name}", value, step=record.best_step)
    client().set_tag(run, "ended", f"{record.status} {record.reason}".strip())
    client().set_terminated(run, ENDED.get(record.status, "FAILED"))
