"""The plan: what the user asked for, as specs."""

from harness.runs.plan.plan import Plan
from harness.runs.plan.request import Request
from harness.runs.plan.trials import TRIAL_SEED

__all__ = ["TRIAL_SEED", "Plan", "Request"]
