"""The server: one port of this machine, until Ctrl-C; others come in with a token alone."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evokd.config import ConfigError
from evokd.web.listening import HOST, Bound, bound_at, in_address, listen, loopback_of

PORT = 7860


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
    """For who is to give verdicts or write notes: with the token, always."""


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

        bound, actual = bound_at(listening)
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


def _answers_to(bound: Bound, host: str) -> str:
    return "*" if bound.is_unspecified else in_address(host)


def _served_at(bound: Bound, host: str, port: int, token: str | None, pen: str) -> ServedAt:
    all_of_it = bound.is_unspecified
    rest = f":{port}/" + (f"?token={token}" if token else "")
    name = socket.gethostname() if all_of_it else host
    here = loopback_of(bound) if all_of_it else host
    return ServedAt(
        f"http://{in_address(name)}{rest}",
        f"http://{in_address(here)}{rest}",
        bound.is_loopback,
        f"http://{in_address(name)}:{port}/?token={pen}",
    )
