"""A suite: what to run and how much worse it may get, as a file that is committed."""

from harness.runs.suite.files import read_text, write_new
from harness.runs.suite.speed import Speed
from harness.runs.suite.strict import Strict, complaint
from harness.runs.suite.suite import FILE, Suite
from harness.runs.suite.tolerated import DEFAULT, SOLVED

__all__ = ["DEFAULT", "FILE", "SOLVED", "Speed", "Strict", "Suite", "complaint", "read_text", "write_new"]
