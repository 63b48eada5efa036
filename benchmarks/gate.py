"""Does the gate notice what it should, and nothing else? Breaks the harness, and runs the gate on each broken copy.

    python benchmarks/gate.py mutants results/benchmarks/gate.json     # each has to be red
    python benchmarks/gate.py reruns results/benchmarks/gate.json      # 20 times other seeds: each has to be green

Each mutant is a copy of this checkout in which one piece of text is replaced by another. The gate runs on one cell of
the baseline then: where that is red, the whole is. The reruns are of the whole.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
BASELINE = ROOT / "results" / "baselines" / "ci.json"
RERUNS, FIRST_SEED = 20, 5000
CELLS, SYNTHETIC, TEXT = "plugins/harness_scratch", "tasks/harness_synthetic", "tasks/harness_text"

SLOW = '''    def step(self, x: Tensor, h: Tensor) -> Tensor:
        """As before, and then wait for 0.3 of the time that it took."""
        from time import perf_counter

        begun = perf_counter()
        new = self.quick_step(x, h)
        until = begun + 1.3 * (perf_counter() - begun)
        while perf_counter() < until:
            pass
        return new

    def quick_step(self, x: Tensor, h: Tensor) -> Tensor:
'''
LEAK = """                held = self.held_out("test")
                chosen = rng.integers(held.inputs.shape[1], size=batch)
                yield Batch(held.inputs[:, chosen], held.targets[chosen])
"""

MUTANTS = {
    "lstm has no forget gate": ("lstm", f"{CELLS}/lstm.py", "c = f * c + i", "c = c + i"),
    "lstm keeps nothing": ("lstm", f"{CELLS}/lstm.py", "c = f * c + i", "c = 0 * c + i"),
    "gru: a sign is flipped": (
        "gru",
        f"{CELLS}/gru.py",
        "torch.lerp(torch.tanh(a), h, z)",
        "torch.lerp(torch.tanh(a), -h, z)",
    ),
    "gru has no reset gate": ("gru", f"{CELLS}/gru.py", "a = self.candidate(x, r * h)", "a = self.candidate(x, 0 * h)"),
    "gru is slower by 1.3": ("gru", f"{CELLS}/gru.py", "    def step(self, x: Tensor, h: Tensor) -> Tensor:\n", SLOW),
    "elman does not see its state": ("elman", f"{CELLS}/elman.py", "self.hidden(x, h)", "self.hidden(x, 0 * h)"),
    "mingru: a sign is flipped": ("mingru", f"{CELLS}/mingru.py", "return 1 - z, z", "return z - 1, z"),
    "the carried state is lost in training": (
        "gru",
        "harness/training/loop.py",
        "detach(course.states) if batch.carry else None",
        "None",
    ),
    "the carried state is lost in evaluation": (
        "gru",
        "harness/training/loop.py",
        "states if batch.carry else None)",
        "None)",
    ),
    "initial weights of gates are shrunk to a tenth": (
        "lstm",
        "harness/modeling/cell.py",
        "            nn.init.xavier_uniform_(w)\n            nn.init.orthogonal_(u)\n",
        "            nn.init.xavier_uniform_(w, gain=0.1)\n            nn.init.orthogonal_(u, gain=0.1)\n",
    ),
    "no gradient flows through time": (
        "lstm",
        "harness/modeling/recurrence.py",
        "result = cell.step(x_t, *states)",
        "result = cell.step(x_t, *(state.detach() for state in states))",
    ),
    "the worst state on validation is kept": (
        "mingru",
        "harness/training/loop.py",
        "if metric.better(scores[metric.name], course.best_score):",
        "if not course.best or metric.better(course.best_score, scores[metric.name]):",
    ),
    "test sequences are trained on": (
        "mingru",
        f"{SYNTHETIC}/drawn.py",
        "                yield self.draw(rng, batch)\n",
        LEAK,
    ),
    "the test text is trained on": (
        "mingru",
        f"{TEXT}/streamed.py",
        "rolled = np.roll(symbols, -beginning)",
        'rolled = np.roll(np.concatenate([symbols, self._symbols["test"]]), -beginning)',
    ),
    "the learning rate is ten times too small": (
        "mingru",
        "harness/training/update.py",
        "model.parameters(), recipe.learning_rate",
        "model.parameters(), 0.1 * recipe.learning_rate",
    ),
}


def gate(root: Path, *options: str, cell: str | None = None) -> dict[str, object]:
    """Run the gate with the code below some folder; what it said of what is not green, and how long it took.

    Args:
        root: the folder.
        options: of harness compare.
        cell: the only one to run; all of them when None.
    """
    paths = os.pathsep.join(str(root / part) for part in ("", "plugins", "tasks"))
    with tempfile.TemporaryDirectory() as folder:
        report, baseline = Path(folder) / "report.json", Path(folder) / "ci.json"
        baseline.write_text(_part(json.loads(BASELINE.read_text()), cell))
        command = [sys.executable, "-m", "harness", "compare", str(baseline), "--json", str(report), *options]
        begun = time.monotonic()
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - begun
        if not report.exists():
            raise RuntimeError(f"the gate did not run to its end, which says nothing: {done.stderr[-500:]}")
        said = json.loads(report.read_text())
    bad = [v for v in said["verdicts"] if v["kind"] in {"worse", "not comparable"}]
    near = max(
        (v["most"] / _value(v["tolerance"]), f"{v['cell']} on {v['task']}, {v['metric']}")
        for v in said["verdicts"]
        if v["most"] is not None and v["least"] is None
    )
    return {
        "exit": said["exit"],
        "seconds": round(seconds),
        "summary": said["summary"],
        "said": [f"{v['cell']} on {v['task']}, {v['metric']}: {v['words']}" for v in bad],
        "nearest score to its tolerance": [round(near[0], 2), near[1]],
    }


def _part(baseline: dict[str, Any], cell: str | None) -> str:
    """The baseline of one cell alone, as text."""
    if cell is not None:
        baseline["suite"]["cells"] = [cell]
        baseline["figures"] = [entry for entry in baseline["figures"] if entry["cell"] == cell]
        baseline["speeds"]["cells"] = {cell: baseline["speeds"]["cells"][cell]}
    return json.dumps(baseline)


def _value(tolerance: str | float) -> float:
    return float(tolerance.rstrip("%")) / 100 if isinstance(tolerance, str) else tolerance


def mutated(folder: Path, file: str, old: str, new: str) -> None:
    """Copy this checkout, and replace a text in it."""
    for part in ("harness", "plugins", "tasks"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / file
    text = path.read_text()
    assert old in text, f"{file} has no {old!r}"
    path.write_text(text.replace(old, new, 1))


def mutant(name: str) -> dict[str, object]:
    """Run the gate on a mutant; each has to be red."""
    cell, *change = MUTANTS[name]
    with tempfile.TemporaryDirectory() as folder:
        mutated(Path(folder), *change)
        return gate(Path(folder), cell=cell)


def rerun(name: str) -> dict[str, object]:
    """Run the gate with other seeds; it has to be green."""
    return gate(ROOT, "--first-seed", name.rsplit(maxsplit=1)[-1])


KINDS = {
    "mutants": (mutant, list(MUTANTS)),
    "reruns": (rerun, [f"first seed {FIRST_SEED + 10 * number}" for number in range(RERUNS)]),
}


def main(what: str, target: Path) -> None:
    """Do what is not there yet; each result is kept as soon as it is there."""
    one, names = KINDS[what]
    results = json.loads(target.read_text()) if target.exists() else {}
    found = results.setdefault(what, {})
    for name in names:
        if name in found:
            continue
        found[name] = one(name)
        results[what] = {name: found[name] for name in names if name in found}
        target.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
        print("red  " if found[name]["exit"] else "green", name, found[name]["said"])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
