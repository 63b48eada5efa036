"""What `harness sample` shows of a run that is done, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness import HarnessError
from harness.runs.execute import execute
from harness.runs.plan import Plan, Request
from harness.runs.record import RunRecord
from harness.runs.sample import Wish, sample
from harness.runs.states import FOLDER
from harness.runs.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from harness.runs.record import Status

Kept = tuple["Path", RunRecord]
"""A results folder, and the run in it."""


def kept(folder: Path, task: str) -> Kept:
    """A run of one evaluation, so that the state that is kept is the last one."""
    spec = next(iter(Plan.make(Request(("gru",), (task,), 1, "smoke", "cpu")).specs()))
    done = execute(replace(spec, recipe=replace(spec.recipe, steps=5, evaluations=1)))
    assert isinstance(done, RunRecord)
    assert done.status == "finished", done.details
    with_store(folder, done)
    return folder, done


def with_store(folder: Path, *records: RunRecord) -> Store:
    store = Store(folder, create=True)
    for record in records:
        store.add(record)
    return store


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("text")
    (folder / "letters.txt").write_text("abcdefgh " * 60)
    return kept(folder / "results", f"char-lm:corpus={folder / 'letters.txt'}:chunk=5")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return kept(tmp_path_factory.mktemp("copy"), "copy:delay=2")


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return kept(tmp_path_factory.mktemp("adding"), "adding:length=5")


def refusal(run: Kept, **wish: object) -> str:
    with pytest.raises(HarnessError) as error:
        sample(*run, Wish(**wish))  # type: ignore[arg-type]
    return str(error.value)


def test_a_kept_run_writes_and_answers_as_it_did_at_the_end_of_training(text: Kept, answers: Kept) -> None:
    assert sample(*text, Wish()) == text[1].samples[-1]["text"]
    assert sample(*answers, Wish()) == answers[1].samples[-1]["text"]


def test_a_text_goes_on_as_wished(text: Kept) -> None:
    greedy = [sample(*text, Wish("abc", temperature=0.0, length=12, seed=seed)) for seed in (1, 2)]
    assert greedy[0] == greedy[1]
    assert greedy[0].startswith("abc")
    assert len(greedy[0]) == 15
    daring = {sample(*text, Wish("abc", temperature=5.0, length=12, seed=seed)) for seed in (1, 2)}
    assert len(daring) == 2


def test_a_prompt_that_the_model_cannot_read_is_told(text: Kept, answers: Kept) -> None:
    assert "the character 'Z' is not in" in refusal(text, prompt="Z")
    assert refusal(text, prompt="") == "the prompt is empty: a text goes on from one symbol at least."
    assert refusal(answers, prompt="abc") == (
        "copy:delay=2 takes no prompt: without one it answers the first validation examples."
    )


def test_a_task_without_text_or_answers_is_told(numbers: Kept, answers: Kept) -> None:
    assert refusal(numbers) == "adding:length=5 has no answers that could be shown."
    assert refusal(answers, temperature=0.5) == (
        "--temperature is for language models: copy:delay=2 has one answer to an input."
    )
    assert refusal(answers, length=5).startswith("--length is for language models")
    assert refusal(answers, seed=0).startswith("--seed is for language models")


@pytest.mark.parametrize("status", ["diverged", "failed", "out of memory"])
def test_a_run_that_did_not_finish_is_told(status: Status, text: Kept) -> None:
    folder, done = text
    broken = replace(done, status=status)
    key = done.spec.key
    assert (
        refusal((folder, broken)) == f'run {key} ({done.spec}) ended as "{status}": it keeps no state to sample from.'
    )


def test_a_run_whose_weights_are_gone_or_damaged_is_told(text: Kept, tmp_path: Path) -> None:
    done = text[1]
    with_store(tmp_path, done)
    path = tmp_path / FOLDER / f"{done.spec.key}.safetensors"
    path.write_bytes(path.read_bytes()[:-8])
    assert refusal((tmp_path, done)).startswith("the weights do not fit: they are damaged")
    path.unlink()
    assert refusal((tmp_path, done)) == f"the weights of run {done.spec.key} are not kept: {path} is not there."


def test_a_run_is_found_by_how_its_name_begins(numbers: Kept, tmp_path: Path) -> None:
    done = numbers[1]
    specs = [replace(done.spec, seed=seed) for seed in range(40)]  # 40 names, of which two begin alike: 16 digits
    store = with_store(tmp_path, *(replace(done, spec=spec) for spec in specs))
    assert store.run(specs[3].key).spec == specs[3]
    assert store.run(specs[3].key[:8]).spec == specs[3]
    with pytest.raises(HarnessError, match=r'^no run of .* begins with "xyz": `harness runs .*` lists all\.$'):
        store.run("xyz")
    with pytest.raises(HarnessError, match=r'^40 runs of .* begin with "": `harness runs .*` lists all\.$'):
        store.run("")
