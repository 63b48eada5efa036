"""Keras on its torch backend, imported so that it changes nothing for anybody else."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness import HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor


def load() -> Any:  # noqa: ANN401 - the module, which has no types
    """The module keras.

    Keras reads its backend from the environment and from a file in the user's home, which it writes where there is
    none: both are set for the moment of the import only.

    Raises:
        HarnessError: it was imported before, with another backend.
    """
    if "keras" not in sys.modules:
        _import()
    keras = import_module("keras")
    backend = keras.backend.backend()
    if backend != "torch":
        raise HarnessError(f"Keras was imported with the backend {backend}: set KERAS_BACKEND=torch before.")
    return keras


@contextmanager
def computing_like(tensor: Tensor, *layers: Any) -> Iterator[None]:  # noqa: ANN401 - Keras has no types
    """Where Keras computes on the device and in the precision of a tensor.

    It would compute on a GPU wherever there is one, and in the precision in which the layers were built. Products it
    computes in single precision at most, whatever one asks for.
    """
    dtype = str(tensor.dtype).removeprefix("torch.")
    for layer in layers:
        if layer.compute_dtype != dtype:
            layer.dtype_policy = dtype
    with load().device(str(tensor.device)):
        yield


def _import() -> None:
    before = {name: os.environ.get(name) for name in ("KERAS_BACKEND", "KERAS_HOME")}
    with tempfile.TemporaryDirectory() as home:
        os.environ.update({"KERAS_BACKEND": "torch", "KERAS_HOME": home})
        try:
            import_module("keras")
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name)
                else:
                    os.environ[name] = value
