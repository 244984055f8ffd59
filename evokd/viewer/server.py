"""The server: one port of 127.0.0.1, until Ctrl-C."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from pathlib import Path

from evokd.config import ConfigError

HOST = "127.0.0.1"
PORT = 7860
BACKLOG = 64


def listen(port: int) -> socket.socket:
    """A socket that listens on this machine alone; port 0 takes any that is free.

    Raises:
        ConfigError: the port is taken, or not for this user.
    """
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        why = "is in use" if error.errno == errno.EADDRINUSE else f"can't be had ({error.strerror})"
        other = port + 1 if 1024 <= port < 65535 else PORT + 1
        raise ConfigError(f"--port {port}: {why}; name another one: `--port {other}`") from None
    return found


def serve(root: Path, port: int, ready: Callable[[str], None]) -> None:
    """Serve a folder until Ctrl-C.

    Args:
        root: The folder.
        port: Where to listen; 0 for any.
        ready: Is told the address once browsers may come.

    Raises:
        ConfigError: the folder is none, or the port is taken.
    """
    if not root.is_dir():
        raise ConfigError(f"{root}: is no folder; name a run directory or a folder of runs")
    with listen(port) as listening:
        import uvicorn

        from evokd.viewer.app import application

        actual = int(listening.getsockname()[1])
        config = uvicorn.Config(
            application(root, actual),
            http="h11",
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        ready(f"http://{HOST}:{actual}/")
        try:
            uvicorn.Server(config).run(sockets=[listening])
        except KeyboardInterrupt:  # the way it ends
            return
