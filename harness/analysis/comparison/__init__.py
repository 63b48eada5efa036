"""What is compared: records of runs become a comparison, a column a task and a row a cell.

`compare` builds it: `contests` says which runs can be compared with one another, `scores` and `costs` sum up the runs
of a cell, `pairs` says of every two cells which is better, and `fairness` and `times` what a reader must know of both.
"""

from harness.analysis.comparison.comparison import Column, Comparison, Earlier

__all__ = ["Column", "Comparison", "Earlier"]
