"""A socket of this machine that listens, and how its addresses are written."""

from __future__ import annotations

import errno
import ipaddress
import socket

from evokd.config import ConfigError

HOST = "127.0.0.1"
BACKLOG = 64
SPARE_PORT = 7861
"""Named instead of a port that can't be had and has no next one."""

Bound = ipaddress.IPv4Address | ipaddress.IPv6Address


def listen(port: int, host: str = HOST) -> socket.socket:
    """A socket that listens at one address of this machine; port 0 takes any that is free.

    Raises:
        ConfigError: no such address, or the port is taken, or not for this user.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise ConfigError(f"--host {host}: is no address or name of a machine") from None
    found = socket.socket(family, kind)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(address)
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise ConfigError(
                f"--host {host}: is no address of this machine; 0.0.0.0 takes all it has"
            ) from None
        why = "is in use" if error.errno == errno.EADDRINUSE else f"can't be had ({error.strerror})"
        other = port + 1 if 1024 <= port < 65535 else SPARE_PORT
        raise ConfigError(f"--port {port}: {why}; name another one: `--port {other}`") from None
    return found


def bound_at(listening: socket.socket) -> tuple[Bound, int]:
    """Address and port of a socket that listens."""
    address, port = listening.getsockname()[:2]
    return ipaddress.ip_address(address), int(port)


def loopback_of(bound: Bound) -> str:
    """How this machine reaches itself, where it listens at all of its addresses."""
    return "::1" if bound.version == 6 else HOST


def in_address(host: str) -> str:
    """A host as it stands in an address."""
    return f"[{host}]" if ":" in host else host.lower()
