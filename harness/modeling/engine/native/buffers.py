"""The buffers of a C source that hold what a step makes of its parameters."""

from __future__ import annotations

from harness.modeling.engine.planning.program import Buffer, Kind


def packed(number: int, *, transposed: bool) -> Buffer:
    """Where a matrix of the parameters lies, packed; or its transpose."""
    return Buffer(f"{'transpose' if transposed else 'matrix'} {number}", 0, Kind.MATRIX)


def columns(number: int, start: int, width: int) -> Buffer:
    """Where so many columns of a matrix of the parameters lie, packed."""
    return Buffer(f"columns {number} {start} {width}", 0, Kind.MATRIX)


def whole(number: int) -> Buffer:
    """Where a matrix of the parameters lies as it is."""
    return Buffer(f"whole {number}", 0, Kind.MATRIX)


def vector(number: int, width: int) -> Buffer:
    """Where a vector of the parameters lies."""
    return Buffer(f"vector {number}", width, Kind.VECTOR)
