"""What the engine says of a step that it cannot take."""

from typing import NoReturn

OVER_ALL = "of all rows at once: give the dimension, as in sum(1, keepdim=True)"
IN_PLACE = "writes into a part of a tensor: torch.cat or torch.where make a new one"
INSTEAD = {
    **dict.fromkeys(("sum", "mean", "max", "min", "any", "all", "amax", "prod", "std", "norm"), OVER_ALL),
    **dict.fromkeys(("max.dim", "min.dim"), "which one it is has no derivative: amax or amin give the value"),
    **dict.fromkeys(("copy_", "fill_.Tensor", "fill_.Scalar", "index_put_", "scatter", "masked_scatter"), IN_PLACE),
    "clamp_min_.Tensor": "in cosine_similarity: functional.normalize both, and sum their product",
}
"""Operators that there is no rule for: what is wrong, or what to write instead."""


class RefusedError(Exception):
    """A step that the engine cannot take; its message says why, as the end of a sentence."""


def refuse(reason: str) -> NoReturn:
    """Raise the refusal of a step."""
    raise RefusedError(reason)


def refuse_operator(name: str) -> NoReturn:
    """Raise the refusal of a step for an operator of torch."""
    instead = INSTEAD.get(name)
    refuse(f"its step does what the engine has no rule for ({name}{f': {instead}' if instead else ''})")
