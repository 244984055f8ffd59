"""`evokd check`: everything that can be known of a config, or a study, before anything is spent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import typer

from evokd.api.sources import claimed
from evokd.cli.exits import DONE, FAILED, USAGE
from evokd.cli.screen import cell, dumps, show, table
from evokd.config import Config, ConfigError, load_config
from evokd.runs.formatting import count, dollars, several
from evokd.studies.grid.arms import look_at_arms
from evokd.studies.grid.cells import Grid, expand
from evokd.studies.grid.check import check_all
from evokd.studies.grid.config import is_study, load_study
from graph.checking.check import look_at
from graph.checking.endpoints import endpoints_of, look_at_endpoints
from graph.checking.finding import Finding, looked
from graph.checking.probing import Probes
from graph.checking.probing import probe as run_probe

STYLES = {"ok": "green", "warning": "yellow", "failed": "red", "skipped": "dim"}


def check(
    file: Path, overrides: Sequence[str], output: Literal["table", "json"], probe: bool
) -> int:
    """Print all findings; gives the exit code.

    Raises:
        ConfigError: a file that can't be read, or a field that can't be.
    """
    if is_study(file):
        if probe:
            raise ConfigError("--probe: asks the endpoints of a run config; name the study's base")
        name, found = _look_at_study(file, overrides)
        findings, probed = list(found), None
    else:
        config = load_config(file, overrides)
        name, findings = config.name, list(look_at(config))
        probed = _probe(config, findings) if probe else None
    findings += probed.probes.findings if probed else ()
    code = exit_code(findings)
    if output == "json":
        rows = [asdict(one) for one in findings]
        document = {"name": name, "exit_code": code, "findings": rows}
        if probed:
            document["probe"] = {"folder": str(probed.folder), "billed": probed.probes.billed}
        typer.echo(dumps(document, indent=2))
    else:
        _print(name, findings, probed)
    return code


@dataclass(frozen=True, slots=True)
class _Probed:
    folder: Path
    probes: Probes


def _probe(config: Config, findings: Iterable[Finding]) -> _Probed | None:
    """Ask the endpoints; not where config, data or an endpoint has failed already."""
    if exit_code(findings) != DONE:
        return None
    folder = claimed(Path("probes"), config.name)
    return _Probed(folder, run_probe(config, endpoints_of(config), folder))


def exit_code(findings: Iterable[Finding]) -> int:
    """2 where config or data can't work, as `run` would say; 1 where only an endpoint fails."""
    failed = [one for one in findings if one.state == "failed"]
    if any(not one.by_endpoint for one in failed):
        return USAGE
    return FAILED if failed else DONE


def _look_at_study(file: Path, overrides: Sequence[str]) -> tuple[str, Iterator[Finding]]:
    """Its name; its cells as `evokd study` looks at them, each endpoint that one of them asks."""
    config = load_study(file, overrides)
    grid: Grid = expand(config, file.resolve().parent)
    endpoints = tuple(
        dict.fromkeys(one for cell_ in grid.cells for one in endpoints_of(cell_.config))
    )

    def every() -> Iterator[Finding]:
        cells = next(looked("cells", lambda: _look_at_cells(grid)))
        yield cells
        if cells.state == "ok":
            yield from look_at_arms(grid.cells)
        else:
            yield Finding("prompts", "skipped", "they need cells that can be run")
        yield from look_at_endpoints(endpoints)
        text = "`evokd check` of a run config loads it"
        yield Finding("student", "skipped", text)

    return config.name, every()


def _look_at_cells(grid: Grid) -> Iterator[Finding]:
    check_all(grid, keys=False)
    said = f"{several(len(grid.cells), 'cell')} can be run: data, shots, packs, prices, models"
    yield Finding("cells", "ok", said)


def _print(name: str, findings: Sequence[Finding], probed: _Probed | None) -> None:
    made = table("state", "what", "found")
    made.columns[0].no_wrap = True
    for one in findings:
        made.add_row(cell(one.state, STYLES[one.state]), cell(one.what), cell(one.text))
    show(made)
    show()
    failed = sum(one.state == "failed" for one in findings)
    warned = sum(one.state == "warning" for one in findings)
    told = f"{failed} failed" if failed else "nothing speaks against a run"
    more = f"{several(warned, 'warning')}; " if warned else ""
    show(f"{name}: {more}{told}; {_spent(probed)}")


def _spent(probed: _Probed | None) -> str:
    if probed is None:
        return "nothing was spent"
    billed = probed.probes.billed
    tokens = count(billed["prompt_tokens"] + billed["completion_tokens"])
    return (
        f"the probe took {several(billed['calls'], 'call')}, {tokens} tokens, USD:"
        f" {dollars(billed['usd'])}; booked: evokd tokens {probed.folder}"
    )
