"""Intervals, tests and summaries over seeds and tasks: plain numbers go in and come out.

Each module says what it computes and its source; docs/statistics.md says why it is this and not something else.
"""
