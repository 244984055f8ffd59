"""A study in a process of its own, so that it can be killed: `python -m tests.studies.driver`."""

from __future__ import annotations

import sys
from pathlib import Path

from evokd.studies.study import Study


def main() -> int:
    file, out, workers = sys.argv[1:]
    study = Study.load(Path(file), out=Path(out))
    with study.folder.locked():
        study.begin()
        through = study.work(study.pending(), workers=int(workers))
        study.settle()
    return 0 if through else 130


if __name__ == "__main__":
    sys.exit(main())
