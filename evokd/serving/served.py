"""What `evokd serve` is asked to serve, and what of it can be checked before torch is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from evokd.config import Config, ConfigError
from evokd.config.task import CAUSAL_KINDS
from evokd.runs.answers import run_of, student_folder
from evokd.serving.limits import Limits
from evokd.serving.teacher_config import read_teacher
from evokd.store.run_dir import RunDir
from evokd.web.listening import HOST

PORT = 8080
BELOW = 0.7


@dataclass(frozen=True, slots=True)
class Served:
    """What is served, and where."""

    folder: Path
    """A run, a student's folder, or an exported one."""
    host: str = HOST
    port: int = PORT
    """0 takes any that is free."""
    limits: Limits = field(default_factory=Limits)
    teacher: Path | None = None
    """Config of the teacher that is asked where the student is unsure."""
    overrides: tuple[str, ...] = ()
    """`a.b=value` for that config."""
    below: float = BELOW
    """Confidence below which it is asked."""
    out: Path | None = None
    """Folder of the teacher's books and rows."""

    def check(self) -> Config | None:
        """What can be known without the student and without a server; gives the teacher's config.

        Raises:
            ConfigError: naming the option.
        """
        self.limits.check()
        if not 0 < self.below <= 1:  # NaN is neither
            raise ConfigError(
                f"--below: expected a confidence above 0, at most 1; got {self.below:g}"
            )
        run = run_of(self.folder)
        if run is not None and RunDir(run).config().task.kind in CAUSAL_KINDS:
            raise ConfigError(
                f"{self.folder}: a student that reasons is not served; `evokd predict` asks it, and"
                " so does any server of language models"
            )
        student_folder(self.folder)
        if self.teacher is None:
            if self.out is not None:
                raise ConfigError(
                    "--out: is for the books of a --teacher; name one, or leave it out"
                )
            return None
        if self.out is None:
            raise ConfigError(
                "--teacher: needs --out FOLDER, for its ledger and the rows it labels"
            )
        return read_teacher(self.teacher, self.overrides)
