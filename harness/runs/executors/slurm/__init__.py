"""Jobs of a Slurm cluster, by way of submitit.

Each job runs one spec or a few, and leaves its records in a folder that this machine and the nodes share; this process
alone writes to the store. A job that is lost is submitted again, one run at a time, so that the run that was to blame
stands alone. If this process ends, the same command goes on with what is missing.
"""

from harness.runs.executors.slurm.executor import Slurm

__all__ = ["Slurm"]
