"""Compiling C, once for each source, and keeping what comes out of it."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import stat
import subprocess
import tempfile
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path

import torch

from harness.modeling.engine.refused import RefusedError

FLAGS = ("-O3", "-march=native", "-fno-thread-jumps", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC", "-w")
"""Not -ffast-math: it turns sigmoid(-∞) · tanh(-∞) into NaN."""
WAYS = (
    (("-fopenmp", "-DVECTOR_MATH"), ("-lmvec", "-lm")),
    (("-fopenmp-simd", "-DVECTOR_MATH"), ("-lmvec", "-lm")),
    (("-fopenmp-simd", "-DSCALAR_MATH"), ("-lm",)),
)
"""With threads where the compiler has OpenMP (torch was imported before, so that both use one), and with glibc's vector
functions where there are any."""
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
TYPES = {torch.float32: "-DSINGLE", torch.float64: "-DDOUBLE"}


def load(source: str, dtype: torch.dtype, flags: tuple[str, ...] = ()) -> ctypes.CDLL:
    """The compiled source; compiled now unless it was before, by anybody who uses this folder.

    Args:
        source: in C.
        dtype: of its numbers.
        flags: of the compiler, besides those that all sources have.

    Raises:
        RefusedError: it cannot be compiled here.
    """
    return _loaded(source, (*FLAGS, *flags, TYPES[dtype]))


@lru_cache(maxsize=256)
def _loaded(source: str, flags: tuple[str, ...]) -> ctypes.CDLL:
    compiler = find_compiler()
    content = "\0".join([source, *compiler, *flags, _processor()])
    path = folder() / f"{hashlib.sha256(content.encode()).hexdigest()[:32]}.so"
    if not _whole(path):
        _compile(compiler, source, flags, path)
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise RefusedError(f"what was compiled cannot be loaded: {error}") from None


def find_compiler() -> list[str]:
    """The command of the C compiler: that of CC, with its arguments if it has any, or the system's.

    Raises:
        RefusedError: there is none.
    """
    asked = os.environ.get("CC", "").strip()
    for command in [[asked], _words(asked)] if asked else [["cc"], ["gcc"], ["clang"]]:
        if path := shutil.which(command[0]):
            return [path, *command[1:]]
    raise RefusedError(f"there is no C compiler ({asked or 'cc, gcc, clang'})")


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command) or [command]
    except ValueError:  # a quotation mark without another
        return [command]


def folder() -> Path:
    """Where compiled code is kept: only this user can write there, since it will be run.

    Raises:
        RefusedError: somebody else can, or nobody.
    """
    path = (Path(chosen) if (chosen := os.environ.get("HARNESS_CACHE")) else _usual()) / "engine"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    except OSError as error:
        raise RefusedError(f"the folder for compiled code cannot be made: {error}") from None
    if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        raise RefusedError(
            f"the folder for compiled code belongs to somebody else ({path}): set HARNESS_CACHE to your own"
        )
    if found.st_mode & OTHERS_WRITE:
        raise RefusedError(f"others can write into the folder for compiled code ({path}): chmod go-w {path}")
    return path


def _usual() -> Path:
    import platformdirs  # noqa: PLC0415 - it takes a while, and is not needed where nothing is compiled

    return platformdirs.user_cache_path("cell-harness")


def _compile(compiler: list[str], source: str, flags: tuple[str, ...], path: Path) -> None:
    """Compile beside the path and move it there, so that two who compile at once do not meet."""
    message = ""
    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            code, made, digest = Path(scratch, "step.c"), Path(scratch, "step.so"), Path(scratch, "step.sha256")
            code.write_text(source, encoding="utf-8")
            for more, libraries in WAYS:
                command = [*compiler, *flags, *more, str(code), "-o", str(made), *libraries]
                done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
                if done.returncode == 0:
                    digest.write_text(_digest(made), encoding="utf-8")
                    digest.replace(path.with_suffix(".sha256"))
                    made.replace(path)
                    return
                message = done.stderr.strip() or f"exit code {done.returncode}"
    except OSError as error:
        message = str(error)
    raise RefusedError(f"{' '.join(compiler)} could not compile it: {message.splitlines()[-1]}")


def _whole(path: Path) -> bool:
    """Whether compiled code is there as it was written: what was cut short could end the process."""
    try:
        return path.with_suffix(".sha256").read_text(encoding="utf-8") == _digest(path)
    except OSError:
        return False


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _processor() -> str:
    """What code that was built for this processor must not leave: its model and what it can do."""
    listing = Path("/proc/cpuinfo")
    if not listing.is_file():
        return f"{platform.machine()} {platform.processor()}"
    lines = listing.read_text(encoding="utf-8").splitlines()
    return "\n".join(next((line for line in lines if line.startswith(key)), "") for key in ("model name", "flags"))
