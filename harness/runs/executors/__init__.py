"""Executors: what maps `execute` over specs."""

from harness.runs.executors.base import Executor, Listener, Progress
from harness.runs.executors.choice import choose, executors, usual
from harness.runs.executors.local import InProcess
from harness.runs.executors.workers import Workers

__all__ = ["Executor", "InProcess", "Listener", "Progress", "Workers", "choose", "executors", "usual"]
