"""A study against its bare runs: at most 1.10 times (sum of the run times / workers).

    python benchmarks/study.py            # --cells 4 --rounds 3 for a look; whole: about 10 minutes

A fake server in a process of its own takes 200 ms a call, so a run is mostly waiting, as with a
remote teacher. First every cell is run bare, one after the other in this process, warm. Then the
whole command `evokd study` is timed from its start to its end, imports, checks, the start of the
workers, tables and figures included, with 1 and with 2 workers. Exit code 1 above the target.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from benchmarks.orchestration import fake_server
from evokd.config import Config
from evokd.studies.grid.cells import Cell
from evokd.studies.run.worker import warm_up
from evokd.studies.study import Study
from graph.session import start
from tests.servers.runs import KEY, KEY_NAME, lay_out, settings

TARGET = 1.10
COMMAND = "import sys; from evokd.cli import main; main()"


def write_study(folder: Path, base: Config, cells: int) -> Path:
    """A study of as many seeds as cells."""
    (folder / "base.yaml").write_text(base.to_yaml(), encoding="utf-8")
    file = folder / "study.yaml"
    grid = {"seed": list(range(1, cells + 1))}
    study = {"name": "bench", "kind": "few_shot", "base": "base.yaml", "grid": grid}
    file.write_text(yaml.safe_dump(study), encoding="utf-8")
    return file


def bare(cells: tuple[Cell, ...], folder: Path) -> list[float]:
    """Seconds of each run, one after the other in this process."""
    warm_up()
    start(cells[0].config, folder / "warm")
    found = []
    for cell in cells:
        began = time.monotonic()
        outcome = start(cell.config, folder / cell.id)
        found.append(time.monotonic() - began)
        assert outcome.status == "done", outcome
    return found


def studied(file: Path, out: Path, workers: int) -> float:
    """Seconds of the whole command."""
    options = ["study", str(file), "--out", str(out), "--workers", str(workers)]
    began = time.monotonic()
    command = [sys.executable, "-c", COMMAND, *options]
    # to no pipe: the server that workers are forked from holds it a little longer than the driver
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=as_installed())
    return time.monotonic() - began


def as_installed() -> dict[str, str]:
    """The environment of somebody whose Python keeps compiled modules.

    Where it may not, each process compiles our few hundred files anew, two seconds of it.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    args = parser.parse_args()
    os.environ[KEY_NAME] = KEY
    ratios = {}
    with tempfile.TemporaryDirectory() as name, fake_server() as (url, _):
        folder = Path(name)
        base = settings(lay_out(folder), url, f"loop.rounds={args.rounds}")
        file = write_study(folder, base, args.cells)
        study = Study.load(file, out=folder / "unused")
        print(f"{args.cells} cells, load {os.getloadavg()[0]:.1f}", flush=True)
        alone = bare(study.cells, folder / "bare")
        print(f"  bare runs: {sum(alone):.1f} s, {min(alone):.1f} to {max(alone):.1f} each")
        for workers in args.workers:
            wall = studied(file, folder / f"out-{workers}", workers)
            ratios[workers] = wall / (sum(alone) / workers)
            print(
                f"  {workers} workers: {wall:.1f} s, ratio {ratios[workers]:.3f},"
                f" load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
    print(json.dumps({"target": TARGET, "ratios": {n: round(r, 3) for n, r in ratios.items()}}))
    return int(max(ratios.values()) > TARGET)


if __name__ == "__main__":
    sys.exit(main())
