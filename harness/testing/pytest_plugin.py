"""`pytest --harness-cell my-cell`: the conformance test as tests, one a check.

Everybody who has both pytest and harness installed loads this module, so it imports neither torch nor anything else
that takes time unless the option is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.testing.checks import Check
    from harness.testing.subject import Subject


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the options."""
    group = parser.getgroup("harness", "harness: conformance of recurrent cells")
    group.addoption("--harness-cell", action="append", metavar="CELL", help="Check this cell too: lstm:peephole=true.")
    group.addoption("--harness-plugin", action="append", metavar="FILE.py|MODULE", help="Load a plugin that offers it.")


def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the checks of the cells that were asked for behind all tests that were found."""
    for name in config.getoption("harness_cell") or ():
        items += _Cell.from_parent(session, name=name, subject=_subject(name, config)).collect()


def _subject(name: str, config: pytest.Config) -> Subject:
    from harness.errors import HarnessError  # noqa: PLC0415 - see above
    from harness.modeling.assembly import check_cell  # noqa: PLC0415
    from harness.registry import Reference, bind, install  # noqa: PLC0415
    from harness.testing.subject import Subject  # noqa: PLC0415

    try:
        plugins = install(config.getoption("harness_plugin") or ())
        if lost := [str(broken) for broken in plugins.broken if broken.asked]:
            raise HarnessError(lost[0])  # noqa: TRY301 - told as all others are
        reference = Reference.parse(name)
        cell = check_cell(plugins.cells().find(reference.target).load(), f'"{reference.target}"')
        return Subject(cell, bind(cell, reference.options, f'cell "{reference.target}"'), name)
    except HarnessError as error:
        raise pytest.UsageError(f"--harness-cell {name}: {error}") from error


class _Cell(pytest.Collector):
    """A cell, which has a test for each check."""

    def __init__(self, *, subject: Subject, **more: Any) -> None:  # noqa: ANN401 - pytest's own
        super().__init__(**more)
        self.subject = subject

    def collect(self) -> Iterator[_Check]:
        """One test a check."""
        from harness.testing.checks import CHECKS  # noqa: PLC0415

        for check in CHECKS:
            yield _Check.from_parent(self, name=check.name, check=check, subject=self.subject)


class _Check(pytest.Item):
    """A check of a cell."""

    def __init__(self, *, check: Check, subject: Subject, **more: Any) -> None:  # noqa: ANN401 - pytest's own
        super().__init__(**more)
        self.check = check
        self.subject = subject

    def runtest(self) -> None:
        """Run it."""
        from harness.testing.conformance import explain, find  # noqa: PLC0415

        finding = find(self.check, self.subject)
        if finding.outcome == "does not apply":
            pytest.skip(finding.note)
        if finding.outcome == "failed":
            pytest.fail(explain(finding) + (f"\n\n{finding.details}" if finding.details else ""), pytrace=False)

    def reportinfo(self) -> tuple[str, None, str]:
        """Where it comes from."""
        return "harness", None, f"{self.subject.name}: {self.name}"
