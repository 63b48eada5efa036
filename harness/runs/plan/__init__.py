"""The plan: what the user asked for, as specs."""

from harness.runs.plan.plan import Plan
from harness.runs.plan.request import ALL, Request
from harness.runs.plan.trials import TRIAL_SEED

__all__ = ["ALL", "TRIAL_SEED", "Plan", "Request"]
