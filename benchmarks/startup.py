"""How long `evokd --help` takes, next to importing nothing but typer and rich.

    python benchmarks/startup.py

Whole processes, in turn, so that a busy machine slows both alike. Fails when the ratio of the
medians reaches 3, or when the help text made Python import a heavy library.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

LIMIT = 3.0
HEAVY = (
    "torch",
    "transformers",
    "langgraph",
    "langchain_core",
    "datasets",
    "sklearn",
    "scipy",
    "huggingface_hub",
    "babel",
    "tiktoken",
    "openai",
)
"""pydantic is not among them: typer itself loads it to read any option."""
ENTRY = "import sys; sys.argv = ['evokd', *{args!r}]; from evokd.cli import main; main()"
BASE = [sys.executable, "-c", "import typer, rich"]
HELP = [sys.executable, "-c", ENTRY.format(args=["--help"])]
COMMANDS = (
    "run",
    "resume",
    "plan",
    "graph",
    "tokens",
    "trace",
    "predict",
    "serve",
    "study",
    "schema",
    "doctor",
    "models",
    "list",
    "compare",
    "view",
    "completion",
)


def seconds(command: Sequence[str]) -> float:
    """Wall time of a whole process."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def imported(args: Sequence[str]) -> list[str]:
    """Heavy libraries that are loaded when `evokd ARGS` has ended."""
    code = (
        "import atexit, sys; atexit.register(lambda: print('\\n' + ' '.join("
        f"m for m in {HEAVY!r} if m in sys.modules)));" + ENTRY.format(args=list(args))
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[-1].split()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=7, help="alternating runs, at least 5")
    runs = max(5, parser.parse_args().runs)
    for command in (BASE, HELP):
        seconds(command)  # once unmeasured: files into the cache, bytecode onto the disk
    base, ours = [], []
    for _ in range(runs):
        base.append(seconds(BASE))
        ours.append(seconds(HELP))
    ratio = statistics.median(ours) / statistics.median(base)
    print(f"import typer, rich: {statistics.median(base):.3f} s, median of {runs}")
    print(f"evokd --help:       {statistics.median(ours):.3f} s, ratio {ratio:.2f} (< {LIMIT:g})")
    heavy = {
        name: found for name in ("", *COMMANDS) if (found := imported([name, "--help"][not name :]))
    }
    for name, found in heavy.items():
        print(f"evokd {name} --help imports {', '.join(found)}")
    if not heavy:
        print(f"none of the {len(COMMANDS) + 1} help texts imports {', '.join(HEAVY)}")
    return 1 if heavy or ratio >= LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
