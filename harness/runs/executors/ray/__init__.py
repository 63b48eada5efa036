"""The nodes of a Ray cluster.

Each run is a task of Ray that asks for the processors and GPUs of one run. Records come back to this process, which
alone writes to the store; how far runs are comes by way of a small actor. A run that is lost with its worker or node is
handed out again. If this process ends, Ray ends its runs, and the same command goes on with what is missing.
"""

from harness.runs.executors.ray.address import LOOPBACK
from harness.runs.executors.ray.executor import Ray

__all__ = ["LOOPBACK", "Ray"]
