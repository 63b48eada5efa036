"""The store: every record of a results folder, in one SQLite file.

Contract:

- A record is on the disk (write-ahead log, synchronous=FULL; its weights before it) before `add` returns, so before
  anything reports it.
- A record is never changed. A run that failed may be tried again: that adds a record, an attempt; the last one counts.
- Several processes may read and write at once: writers wait for one another. `claim` gives a run to one of several
  commands only; if that command ends without a record, however it ends, the next one that asks gets the run.
- Records come in the order in which their runs were first claimed, whatever a clock says and however often they were
  interrupted.
- A folder of an older schema is brought to today's in one transaction when somebody writes, and is read until then.
- A folder that is not one of ours, or that a newer version wrote, is refused and left untouched.
- What is read is data only, JSON and safetensors, never code; each row has a checksum, so that damage is told.

All this holds for the processes of one machine: SQLite's log is not for network file systems.
"""

from harness.runs.store.database import FILE
from harness.runs.store.store import Claim, Store

__all__ = ["FILE", "Claim", "Store"]
