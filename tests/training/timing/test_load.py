"""What others do to the machine."""

from __future__ import annotations

import multiprocessing
import time

import pytest

from harness.training.timing import load


def test_what_this_process_does_itself_is_taken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([(100.0, 50.0, 7.0), (110.0, 68.0, 10.0)])  # 18 busy seconds in 10, of which 3 are our own
    monkeypatch.setattr(load, "_now", lambda: next(moments))
    assert load.Load().others() == pytest.approx(1.5)


def test_a_busy_process_beside_this_one_is_seen() -> None:
    watched = load.Load()
    busy = multiprocessing.get_context("spawn").Process(target=_burn, daemon=True)
    busy.start()
    busy.join(0.1)
    time.sleep(3)
    others = watched.others()
    busy.kill()
    busy.join()
    if others is None:
        pytest.skip("this system does not tell")
    assert others > 0.2


def _burn() -> None:
    while True:
        pass
