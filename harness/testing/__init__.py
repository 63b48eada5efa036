"""The conformance test of cells and layers, for `harness check`, for pytest, and for a test of one's own.

    from harness.testing import assert_conforms

    def test_it_conforms():
        assert_conforms(MyCell)

What is here loads torch when it is first used, so that naming it costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.testing.checks import CHECKS as CHECKS
    from harness.testing.conformance import assert_conforms as assert_conforms
    from harness.testing.conformance import examine as examine
    from harness.testing.subject import Subject as Subject
    from harness.testing.verdict import Finding as Finding
    from harness.testing.verdict import Verdict as Verdict

_HOME_OF = {
    "CHECKS": "checks",
    "assert_conforms": "conformance",
    "examine": "conformance",
    "Subject": "subject",
    "Finding": "verdict",
    "Verdict": "verdict",
}
__all__ = ["CHECKS", "Finding", "Subject", "Verdict", "assert_conforms", "examine"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
