"""From a study's files to what people read: tables.md, tables.tex, figures/, study.html.

It may be called at any time; of an unfinished study it says how many cells are missing.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from evokd.store.artefacts import write_atomic
from evokd.studies.markup import latex, markdown
from evokd.studies.rows import read_study

MARKDOWN, LATEX, PAGE = "tables.md", "tables.tex", "study.html"
_IMPORTS = (
    "matplotlib.backends.backend_agg",
    "matplotlib.font_manager",
    "evokd.studies.figures",
    "evokd.studies.page",
    "evokd.studies.tables",
)


def preload() -> None:
    """A second of imports, for somebody who will call `write_report` and has nothing to do now."""
    for name in _IMPORTS:
        importlib.import_module(name)


def write_report(study_dir: Path) -> None:
    """Write everything anew, beside the files it is made of.

    Raises:
        ConfigError: no such folder, or a line of its files that can't be right.
    """
    from evokd.studies.figures import FIGURES, draw, save  # see `preload`
    from evokd.studies.page import page
    from evokd.studies.tables import all_tables, lead

    study = read_study(study_dir)
    tables, pictures = all_tables(study), draw(study)
    said = study.asked.name, lead(study), tables
    save(pictures, study_dir / FIGURES)
    write_atomic(study_dir / MARKDOWN, markdown(*said), durable=False)
    write_atomic(study_dir / LATEX, latex(*said), durable=False)
    write_atomic(study_dir / PAGE, page(study, tables, pictures, FIGURES), durable=False)
