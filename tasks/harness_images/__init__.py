"""Tasks on real handwritten digits: to be classified, spelled out, and read off a strip."""

from __future__ import annotations

from harness import hookimpl


@hookimpl
def harness_tasks() -> dict[str, str]:
    """The image tasks."""
    return {
        "digit-strings": "harness_images.digit_strings:DigitStrings",
        "digits": "harness_images.digits:DigitClasses",
        "spell": "harness_images.spell:Spell",
    }


@hookimpl
def harness_datasets() -> dict[str, str]:
    """The digits."""
    return {"mnist-5k": "harness_images.mnist:MNIST_5K"}
