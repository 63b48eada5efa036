"""`harness check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import completion
from harness.cli.console import AsJson, Plugin, Verbose, examples

if TYPE_CHECKING:
    from harness.registry import Component
    from harness.testing import Finding, Subject, Verdict

EPILOG = examples(
    "harness check lstm", "harness check lstm:peephole=true gru", "harness check my_cell.py:MGU --verbose"
)
SIGNS = {"passed": ("✓", "green"), "failed": ("✗", "bold red"), "does not apply": ("–", "dim")}
NOT_CERTIFIED = 1


def command(
    cells: Annotated[
        list[str],
        typer.Argument(
            metavar="CELL...", help="Cells with options: lstm:peephole=true.", autocompletion=completion.cells
        ),
    ],
    plugin: Plugin = None,
    as_json: AsJson = False,
    verbose: Verbose = False,  # noqa: ARG001 - its callback takes it
) -> None:
    """Check that a cell or layer does what every cell must, and keep the verdict as its certificate.

    Exit code 0: all checks passed, 1: one failed, 2: there is no such cell.
    """
    from harness.cli.console import out, warn_of_broken
    from harness.errors import HarnessError
    from harness.registry import install, split

    plugins = install(plugin or ())
    unmet = warn_of_broken(plugins)
    if not split(cells):
        raise HarnessError("no cell was named: write for example harness check lstm.")
    named = [_subject(name, tuple(plugin or ())) for name in split(cells)]
    verdicts = {component.label: check(component, subject, silent=as_json) for component, subject in named}
    if as_json:
        import json
        from dataclasses import asdict

        out.print_json(json.dumps({name: {"verdict": str(v), **asdict(v)} for name, v in verdicts.items()}))
    failed = any(found.failed for found in verdicts.values())
    raise typer.Exit(2 if unmet else NOT_CERTIFIED if failed else 0)


def _subject(name: str, plugins: tuple[str, ...]) -> tuple[Component, Subject]:
    from harness.registry import Reference, current
    from harness.runs.building import load_cell
    from harness.testing import Subject

    reference = Reference.parse(name)
    component = current().cells().find(reference.target).component(reference.target, reference.options)
    cell, options = load_cell(component, plugins)
    return component, Subject(cell, options, component.label)


def check(component: Component, subject: Subject, *, silent: bool) -> Verdict:
    """Check a cell, say what is found unless silent, and keep the certificate."""
    from rich.text import Text

    from harness.cli.console import err, out
    from harness.runs.environment import environment
    from harness.testing import CHECKS, Verdict, certificate, examine

    if not silent:
        code = f"sha256 {component.source[:8]}…"
        origin = f"{component.distribution} {component.version}, {code}"
        out.print(Text.assemble((component.label, "bold"), f"  ({origin})"), soft_wrap=True)
    findings = []
    with err.status("") as status:
        status.update(CHECKS[0].name)
        for number, finding in enumerate(examine(subject), 1):
            findings.append(finding)
            if not silent:
                _show(finding)
            if number < len(CHECKS):
                status.update(CHECKS[number].name)
    found = Verdict(findings)
    certificate.keep(component, environment(), found)
    if not silent:
        certified = "not certified: " if found.failed else "certified: "
        out.print(Text.assemble((certified, "bold"), str(found)), soft_wrap=True)
    return found


def _show(finding: Finding) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from harness.cli import console

    sign, style = SIGNS[finding.outcome]
    line = Text.assemble(
        "  ", (sign, style), f" {finding.check:<26}", (finding.note, "" if finding.outcome == "failed" else "dim")
    )
    console.out.print(line, soft_wrap=True)
    if finding.outcome == "failed":
        console.out.print(Padding(Text(f"It means: {finding.meaning}"), (0, 0, 0, 4)))
        if finding.details and console.verbose():
            console.out.print(Text(finding.details), soft_wrap=True)
