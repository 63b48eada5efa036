"""The address of a Ray cluster: whether anything answers there, and on which of this machine's own addresses."""

from __future__ import annotations

import socket
from contextlib import suppress

from harness.errors import HarnessError

PATIENCE = 5
"""Seconds for an address to answer."""
LOOPBACK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""The variable that, set to 0, has Ray take 127.0.0.1 for what it says, and not for this machine's own address."""


def is_loopback(address: str) -> bool:
    """Whether the cluster is to be spoken to on the loopback interface alone.

    Raises:
        HarnessError: nothing answers there.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise HarnessError(f'"--address {address}" is no address: write HOST:PORT or ray://HOST:PORT.')
    try:
        socket.create_connection((host, int(port)), PATIENCE).close()
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise HarnessError(f"no Ray cluster answers at {address}: {why}.") from error
    if host not in {"localhost", "127.0.0.1", "::1"}:
        return False
    with suppress(OSError):
        socket.create_connection((_own_address(), int(port)), PATIENCE).close()
        return False
    return True


def _own_address() -> str:
    """That of this machine among others, found as Ray finds it; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # an address that is kept for documentation
        return str(probe.getsockname()[0])
