"""`python -m evokd`: the command line where its script is not on the path."""

from __future__ import annotations

from evokd.cli import main

main()
