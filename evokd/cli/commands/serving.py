"""The command that serves a student: serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evokd.cli.commands.options import Overrides
from evokd.cli.commands.root import app
from evokd.cli.completing import config_files, run_directories


@app.command("serve")
def serve(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="A run directory, a student's folder, or an exported one.",
            autocompletion=run_directories,
        ),
    ],
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Where to listen; 0 takes any port.")
    ] = 8080,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Of this machine; others than loopback need EVOKD_SERVE_TOKEN.",
        ),
    ] = "127.0.0.1",
    teacher: Annotated[
        Path | None,
        typer.Option(
            metavar="CONFIG.yaml",
            help="Whose labeler is asked where the student is unsure, under its budget.",
            autocompletion=config_files,
        ),
    ] = None,
    below: Annotated[
        float, typer.Option(metavar="P", help="Confidence below which it is asked.")
    ] = 0.7,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="For the teacher's ledger and the rows it labels."),
    ] = None,
    overrides: Overrides = None,
    batch: Annotated[
        int, typer.Option(metavar="N", help="Texts of one pass, of all requests that wait.")
    ] = 32,
    wait_ms: Annotated[
        float, typer.Option(metavar="MS", help="Most time to wait for a fuller pass.")
    ] = 3.0,
    queue: Annotated[
        int, typer.Option(metavar="N", help="Texts that may wait; more are answered with 503.")
    ] = 1024,
    timeout: Annotated[
        float, typer.Option(metavar="S", help="Seconds until a request is answered.")
    ] = 30.0,
    receive: Annotated[
        float, typer.Option(metavar="S", help="Seconds until a request must have arrived.")
    ] = 10.0,
    max_texts: Annotated[int, typer.Option(metavar="N", help="Of a request.")] = 128,
    max_characters: Annotated[int, typer.Option(metavar="N", help="Of a text.")] = 20_000,
    max_bytes: Annotated[int, typer.Option(metavar="N", help="Of a request's body.")] = 1_000_000,
    connections: Annotated[int, typer.Option(metavar="N", help="Open at once.")] = 4096,
) -> None:
    """Serve the trained student over HTTP.

    POST /predict takes what `evokd predict` takes, one text or several, and gives its answers;
    /healthz, /metrics (Prometheus), /openapi.json and /docs stand beside it. With --teacher, texts
    below --below are labelled by the teacher, booked in DIR, and kept there as rows for the next
    training. Ctrl-C and SIGTERM end it when what was accepted is answered.
    """
    from evokd.cli.serve import show_server
    from evokd.serving.limits import Limits
    from evokd.serving.served import Served

    limits = Limits(
        max_bytes=max_bytes,
        max_texts=max_texts,
        max_characters=max_characters,
        timeout_s=timeout,
        receive_s=receive,
        batch=batch,
        wait_ms=wait_ms,
        queue=queue,
        connections=connections,
    )
    show_server(Served(folder, host, port, limits, teacher, tuple(overrides or ()), below, out))
