"""`evokd serve`: the student as a server, until Ctrl-C."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from evokd.cli.screen import harmless, remark

if TYPE_CHECKING:
    from evokd.serving.served import Served
    from evokd.serving.server import At, Stop


def show_server(served: Served) -> None:
    """Serve, and say where.

    Raises:
        ConfigError: what can't be; nothing was spent.
    """
    from evokd.serving.server import serve

    def ready(at: At, _: Stop) -> None:
        for told in at.remarks:
            remark(f"note: {told}")
        if not at.loopback:
            remark(
                "warning: others can reach this, with the token alone; nothing is encrypted on the"
                " way: put it behind a proxy that speaks TLS"
            )
        typer.echo(
            f"{at.address}  serves {harmless(str(served.folder))}; {at.address}/docs says how to"
            f" ask{', with the token' if at.token else ''}; Ctrl-C ends it"
        )

    serve(served, ready)
    if served.out is not None:
        remark(f"{served.out}: the teacher's books (`evokd tokens {served.out}`) and rows.jsonl")
