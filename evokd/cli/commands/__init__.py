"""The commands and their options. What they do stands in modules of its own, imported when run.

So `evokd --help` loads typer and nothing else of weight; `benchmarks/startup.py` holds it to that.
A command is a function in the module of its noun; options that several share stand in `options`.
"""

from __future__ import annotations

# isort: off
# `--help` lists commands in the order of these imports
from evokd.cli.commands import configs, runs, books, results, serving, studies, machine, models  # noqa: F401
from evokd.cli.commands.root import app

__all__ = ["app"]
