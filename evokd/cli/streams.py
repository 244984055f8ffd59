"""The standard streams, made fit for use whatever the shell did to them."""

from __future__ import annotations

import os
import sys

NAMES = ("stdin", "stdout", "stderr")


def prepare_streams() -> None:
    """Put the null device where a stream is closed (`>&-`), and let none fail on a character.

    A file opened next would get the number of the closed one: what a library prints there would
    go into the ledger. `sys.stdin` stays None, so that who reads it can say that it is closed.
    """
    for number, name in enumerate(NAMES):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
        if number and getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(null, "w", encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        # a terminal that can't show a character shows a question mark, it does not end the run;
        # a notebook's streams are no files
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
