"""What was timed, as rows: how many times faster each cell is than the one it is held against."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING

from harness.analysis.statistics.intervals import ratio_interval
from harness.training.timing.flops import PASSES

if TYPE_CHECKING:
    from harness.training.timing.measure import Measured, Session

MIB = 1 << 20


@dataclass(frozen=True)
class Row:
    """One phase of a cell at a shape.

    Attributes:
        cell: with its options.
        origin: where it comes from.
        against: what it is held against, with its options.
        engine: what ran the cell: native, torch, loop or layer.
        against_engine: what ran the other.
        reason: why the cell ran in no faster engine.
        phase: training (a forward pass that autograd records, and the gradients of parameters and of x), forward and
            backward (its two parts), or inference.
        ratio: how many times faster than `against`: of the medians.
        low: where the 95% interval of the ratio begins.
        high: where it ends.
        ratio_per_flop: how many times faster for each floating-point operation; None where one of them has none.
        ms: the median, in milliseconds.
        against_ms: the other's.
        gflop: floating-point operations of the phase, in thousand millions; see `harness.training.timing.flops`.
        gflops: of them a second.
        peak_share: of the fastest large matrix product of the same repeat, the median of all repeats.
        memory_mib: what a training step takes at its peak, over what there was; None for other phases.
        against_memory_mib: the other's.
        peak_gflops: that product's thousand millions of operations a second, the median of all repeats.
        peak_of: whose it was: torch's, or the engine's.
        others: processors that others kept busy on average.
    """

    cell: str
    origin: str
    against: str
    engine: str
    against_engine: str
    reason: str
    phase: str
    ratio: float
    low: float
    high: float
    ratio_per_flop: float | None
    ms: float
    against_ms: float
    gflop: float
    gflops: float
    peak_share: float
    memory_mib: float | None
    against_memory_mib: float | None
    batch: int
    time: int
    input: int
    hidden: int
    output: int | None
    dtype: str
    device: str
    threads: int
    repeats: int
    peak_gflops: float
    peak_of: str
    tuned_allocator: bool
    others: float | None


@dataclass(frozen=True)
class Timing:
    """A session as rows.

    Attributes:
        reference: a row a phase of what the others are held against, beside itself.
        rows: a row a cell and phase.
    """

    reference: list[Row]
    rows: list[Row]

    @classmethod
    def of(cls, session: Session) -> Timing:
        """Hold all that was timed against the first of it."""
        first, *others = session.measured
        return cls(compared(session, first, first), [row for one in others for row in compared(session, one, first)])


def compared(session: Session, own: Measured, other: Measured) -> list[Row]:
    """A row a phase of one that was timed against another of the same session."""
    return [_row(session, own, other, phase) for phase in PASSES]


def _row(session: Session, own: Measured, other: Measured, phase: str) -> Row:
    subject = own.subject
    ratio, low, high = ratio_interval(other.seconds[phase], own.seconds[phase])
    seconds, flops = median(own.seconds[phase]), own.flops * PASSES[phase]
    memories = [_mib(one.memory) if phase == "training" else None for one in (own, other)]
    return Row(
        cell=subject.candidate.label,
        origin=subject.candidate.origin,
        against=other.subject.candidate.label,
        engine=subject.engine,
        against_engine=other.subject.engine,
        reason=subject.reason,
        phase=phase,
        ratio=ratio,
        low=low,
        high=high,
        ratio_per_flop=ratio * own.flops / other.flops if own.flops and other.flops else None,
        ms=1000 * seconds,
        against_ms=1000 * median(other.seconds[phase]),
        gflop=flops / 1e9,
        gflops=flops / seconds / 1e9,
        peak_share=median(flops / taken / peak for taken, peak in zip(own.seconds[phase], session.peaks, strict=True)),
        memory_mib=memories[0],
        against_memory_mib=memories[1],
        **asdict(subject.shape),
        dtype=str(subject.x.dtype).removeprefix("torch."),
        device=str(subject.device),
        threads=session.threads,
        repeats=session.repeats,
        peak_gflops=median(session.peaks) / 1e9,
        peak_of=session.peak_of,
        tuned_allocator=session.tuned_allocator,
        others=session.others,
    )


def _mib(count: int | None) -> float | None:
    return None if count is None else count / MIB
