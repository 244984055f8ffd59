"""`evokd run` and `evokd resume`: the session, its progress, its end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from evokd.api.sources import claimed
from evokd.cli.dasd import show_results
from evokd.cli.exits import DONE, FAILED, INTERRUPTED, complain
from evokd.cli.heard import heard
from evokd.cli.progress import Progress
from evokd.cli.report import report_of
from evokd.cli.run_end import show_end
from evokd.cli.screen import remark, show
from evokd.cli.spans import exported
from evokd.cli.summary import show_summary
from evokd.cli.tracked import show_pages, tracked
from evokd.cli.voice import Voice, hushed
from evokd.config import ConfigError, load_config
from evokd.runs.review import WAITING
from evokd.store.run_dir import RunDir
from evokd.store.sqlite import DamagedDatabase
from graph.checking.rehearsal import refuse_what_cannot_work
from graph.driving import Outcome
from graph.limits import limit_of, new_limits
from graph.session import resume, start


def begin(
    config_file: Path, overrides: Sequence[str], out: Path | None, voice: Voice = "usual"
) -> int:
    """A new run; gives the exit code."""
    config = load_config(config_file, overrides)
    for told in refuse_what_cannot_work(config):
        remark(told)
    made = out is None
    folder = out or claimed(Path("runs"), config.name)
    try:
        with (
            hushed(voice),
            Progress(folder, config) as progress,
            exported() as spans,
            tracked(config, folder) as trackers,
        ):
            listeners = (*heard(progress, voice), *spans, *trackers)
            outcome = _guarded(lambda: start(config, folder, listeners), folder)
    finally:
        if made:
            with contextlib.suppress(OSError):
                folder.rmdir()  # a run that was refused leaves nothing behind
    return _conclude(folder, outcome, voice)


def go_on(
    directory: Path,
    *,
    changed_data: bool = False,
    limits: Sequence[str] = (),
    skip_open: bool = False,
    voice: Voice = "usual",
) -> int:
    """A run taken up again; one that is done is left as it is, unless it gets new limits."""
    run = RunDir.open(directory)
    config, state = run.config(), run.run()
    if state.get("status") == "done" and not limits:
        reason = str(state.get("reason"))
        limit = limit_of(reason)
        more = f"; more of it: evokd resume {directory} --set {limit}=…" if limit else ""
        with hushed(voice):
            show(f"{directory}: this run is done, nothing is left to do{more}")
        return _conclude(directory, Outcome("done", reason), voice)
    if limits:
        config = new_limits(run, limits).config
    earlier = float(state.get("elapsed_s") or 0.0)
    with (
        hushed(voice),
        Progress(directory, config, earlier) as progress,
        exported() as spans,
        tracked(config, directory) as trackers,
    ):
        listeners = (*heard(progress, voice), *spans, *trackers)
        outcome = _guarded(
            lambda: resume(
                directory,
                listeners,
                changed_data=changed_data,
                limits=limits,
                skip_open=skip_open,
            ),
            directory,
        )
    return _conclude(directory, outcome, voice)


def _guarded(work: Callable[[], Outcome], out: Path) -> Outcome:
    """Whatever ends the session, a run that exists can be resumed: say so."""
    existed = RunDir(out).run_file.is_file()
    try:
        return work()
    except asyncio.CancelledError:
        error: BaseException = KeyboardInterrupt()
    except (Exception, KeyboardInterrupt) as caught:
        error = caught
    refused = isinstance(error, ConfigError | DamagedDatabase) and existed
    if RunDir(out).run_file.is_file() and not refused:
        error.add_note(_how_to_go_on(out))
    raise error


def _conclude(out: Path, outcome: Outcome, voice: Voice) -> int:
    with hushed(voice):
        show_summary(out, outcome.status, outcome.reason)
        show_results(out)
        show_pages(out)
        report_of(out)
    if voice in ("quiet", "json"):
        show_end(out, outcome.status, outcome.reason, voice)
    if outcome.status in ("done", WAITING):
        return DONE
    if outcome.status == "interrupted":
        complain(f"interrupted in order; everything is saved. {_how_to_go_on(out)}")
        return INTERRUPTED
    settings = RunDir(out).config_file
    complain(
        f"the run failed: {outcome.reason}\n"
        f"Mend that first (this run's settings stand in {settings}). {_how_to_go_on(out)}"
    )
    return FAILED


def _how_to_go_on(out: Path) -> str:
    return f"Go on with: evokd resume {out}"
