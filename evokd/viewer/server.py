"""The server: one port of this machine, until Ctrl-C; others come in with a token alone."""

from __future__ import annotations

import errno
import ipaddress
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evokd.config import ConfigError

HOST = "127.0.0.1"
PORT = 7860
BACKLOG = 64


@dataclass(frozen=True, slots=True)
class ServedAt:
    """Where the viewer can be opened."""

    address: str
    """With the token, where one is asked for."""
    here: str
    """For a browser on this machine."""
    loopback: bool
    """Whether nobody else can reach it."""
    writes: str
    """For who is to give verdicts: with the token, always."""


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
        other = port + 1 if 1024 <= port < 65535 else PORT + 1
        raise ConfigError(f"--port {port}: {why}; name another one: `--port {other}`") from None
    return found


def serve(root: Path, port: int, ready: Callable[[ServedAt], None], host: str = HOST) -> None:
    """Serve a folder until Ctrl-C.

    Args:
        root: The folder.
        port: Where to listen; 0 for any.
        ready: Is told the address once browsers may come.
        host: Address or name of this machine to listen at.

    Raises:
        ConfigError: the folder is none, or the host or the port can't be had.
    """
    if not root.is_dir():
        raise ConfigError(f"{root}: is no folder; name a run directory or a folder of runs")
    with listen(port, host) as listening:
        import uvicorn

        from evokd.viewer.app import application

        bound, actual = ipaddress.ip_address(listening.getsockname()[0]), listening.getsockname()[1]
        pen = secrets.token_urlsafe(32)
        token = None if bound.is_loopback else pen
        config = uvicorn.Config(
            application(root, actual, host=_answers_to(bound, host), token=token, pen=pen),
            http="h11",
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        ready(_served_at(bound, host, actual, token, pen))
        try:
            uvicorn.Server(config).run(sockets=[listening])
        except KeyboardInterrupt:  # the way it ends
            return


Bound = ipaddress.IPv4Address | ipaddress.IPv6Address


def _answers_to(bound: Bound, host: str) -> str:
    return "*" if bound.is_unspecified else _in_address(host)


def _served_at(bound: Bound, host: str, port: int, token: str | None, pen: str) -> ServedAt:
    all_of_it = bound.is_unspecified
    rest = f":{port}/" + (f"?token={token}" if token else "")
    name = socket.gethostname() if all_of_it else host
    here = _loopback_of(bound) if all_of_it else host
    return ServedAt(
        f"http://{_in_address(name)}{rest}",
        f"http://{_in_address(here)}{rest}",
        bound.is_loopback,
        f"http://{_in_address(name)}:{port}/?token={pen}",
    )


def _loopback_of(bound: Bound) -> str:
    return "::1" if bound.version == 6 else HOST


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host.lower()
