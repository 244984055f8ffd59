"""From a study's files to what people read: tables.md, tables.tex, figures/, study.html.

It may be called at any time; of an unfinished study it says how many cells are missing.
"""

from __future__ import annotations

from pathlib import Path

from evokd.store.artefacts import write_atomic
from evokd.studies.report.markup import latex, markdown
from evokd.studies.report.results import read_results

MARKDOWN, LATEX, PAGE = "tables.md", "tables.tex", "study.html"


def write_report(study_dir: Path) -> None:
    """Write everything anew, beside the files it is made of.

    Raises:
        ConfigError: no such folder, or a line of its files that can't be right.
    """
    from evokd.studies.report.figures import (  # matplotlib: not before it is needed
        FIGURES,
        draw,
        save,
    )
    from evokd.studies.report.page import page
    from evokd.studies.report.tables import all_tables, lead

    study = read_results(study_dir)
    tables, pictures = all_tables(study), draw(study)
    said = study.study_file.name, lead(study), tables
    save(pictures, study_dir / FIGURES)
    write_atomic(study_dir / MARKDOWN, markdown(*said), durable=False)
    write_atomic(study_dir / LATEX, latex(*said), durable=False)
    write_atomic(study_dir / PAGE, page(study, tables, pictures, FIGURES), durable=False)
