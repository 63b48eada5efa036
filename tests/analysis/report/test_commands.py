"""Whoever types the command has the same run again: the same content hash."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from harness import cli
from harness.analysis.report.commands import command
from harness.cli import session
from harness.runs.plan import Plan

if TYPE_CHECKING:
    from harness.runs.plan import Request

ASKED = [
    ("--cells", "lstm:peephole=true,gru", "--tasks", "adding:length=20"),
    (
        "--cells",
        "gru",
        "--tasks",
        "adding",
        "--hidden",
        "30",
        "--set",
        "clip=none",
        "--layers",
        "2",
        "--first-seed",
        "4",
    ),
    ("--cells", "gru", "--tasks", "adding", "--match", "params=2000", "--budget", "full", "--engine", "loop"),
    ("--cells", "gru,lstm", "--tasks", "adding", "--set", "lstm.lr=0.5", "--regulariser", "pascanu:alpha=2"),
]


def plan(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> Plan:
    """What `harness run` would run."""
    asked: list[Request] = []
    monkeypatch.setattr(session.Session, "run", lambda self: asked.append(self.request) or 0)
    monkeypatch.setattr(sys, "argv", ["harness", *arguments])
    with pytest.raises(SystemExit):
        cli.main()
    return Plan.make(asked[0])


@pytest.mark.parametrize("asked", ASKED)
def test_the_command_of_a_run_repeats_it(asked: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    for spec in plan(["run", *asked, "--device", "cpu", "--seeds", "2"], monkeypatch).specs():
        program, *arguments = shlex.split(command([spec]))
        assert program == "harness"
        (again,) = plan(arguments, monkeypatch).specs()
        assert again.key == spec.key
        assert again.row == spec.row


def test_the_command_of_what_was_tuned_tunes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = plan(["run", "--cells", "gru", "--tasks", "adding", "--tune", "4", "--device", "cpu"], monkeypatch)
    last = list(asked.trials())[-1]
    assert last.trial == 4
    again = plan(shlex.split(command([last]))[1:], monkeypatch)
    assert [spec.key for spec in again.trials()] == [spec.key for spec in asked.trials()]


def test_the_command_of_a_row_repeats_all_of_its_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    specs = list(
        plan(["run", "--cells", "gru", "--tasks", "adding", "--seeds", "3", "--device", "cpu"], monkeypatch).specs()
    )
    again = plan(shlex.split(command(specs))[1:], monkeypatch).specs()
    assert [spec.key for spec in again] == [spec.key for spec in specs]
