"""What the engine says of a step that it cannot take."""


class RefusedError(Exception):
    """A step that the engine cannot take; its message says why, as the end of a sentence."""


def refuse(reason: str) -> None:
    """Raise the refusal of a step."""
    raise RefusedError(reason)
