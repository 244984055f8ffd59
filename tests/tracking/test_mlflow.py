"""MLflow, read back by its own client: rounds, edges, config, figure, and how a run ended."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mlflow", reason="needs the extra: pip install 'evokd[mlflow]'")

from mlflow import MlflowClient

from tests.runs.made_run import Maker
from tests.tracking.conftest import config_of, session

pytestmark = pytest.mark.filterwarnings("default")  # its own are its own


def client_of(home: Path) -> Any:
    return MlflowClient(f"sqlite:///{home / 'tracking' / 'mlflow.db'}")


def runs_of(client: Any, experiment: str) -> list[Any]:
    found = client.get_experiment_by_name(experiment)
    return list(client.search_runs([found.experiment_id]))


def history(client: Any, run: Any, name: str) -> list[tuple[int, float]]:
    found = client.get_metric_history(run.info.run_id, name)
    return [(one.step, one.value) for one in found]


def test_a_run_is_there_and_a_resume_goes_on_with_it(maker: Maker, reached: list[Any]) -> None:
    config = config_of(maker, "mlflow")
    assert session(maker, config, last=1, status="interrupted", reason="Ctrl-C") == []
    client = client_of(maker.path)
    (run,) = runs_of(client, "made")
    assert run.info.status == "KILLED" and run.data.tags["evokd.reason"] == "Ctrl-C"
    assert history(client, run, "test/macro_f1") == [(0, 0.5), (1, 0.6)]

    more = config.model_copy(update={"budget": config.budget.model_copy(update={"tokens": 80_000})})
    assert session(maker, more, first=2) == []
    (run,) = runs_of(client, "made")
    assert (run.info.run_name, run.info.status) == ("run-012345", "FINISHED")
    assert history(client, run, "test/macro_f1") == [(0, 0.5), (1, 0.6), (2, 0.7)]
    assert history(client, run, "tokens/analyst-to-hard_generator") == [(1, 30), (2, 60)]
    assert run.data.metrics["cost/usd"] == pytest.approx(0.0002)
    assert run.data.params["task.labels.positive"] == "happy"
    assert run.data.params["budget.tokens"] == "40000"  # a parameter can't be changed
    assert run.data.tags["config.budget.tokens"] == "80000"
    assert run.data.tags["mlflow.note.content"] == "done: 2 rounds done"
    (figure,) = client.list_artifacts(run.info.run_id, "figures")
    assert figure.path == "figures/tokens.png"
    copied = client.download_artifacts(run.info.run_id, figure.path)
    assert Path(copied).read_bytes().startswith(b"\x89PNG")
    assert reached == []


@pytest.mark.parametrize(("status", "shown"), [("failed", "FAILED"), ("waiting", "SCHEDULED")])
def test_what_is_not_done_is_not_finished(maker: Maker, status: str, shown: str) -> None:
    assert session(maker, config_of(maker, "mlflow"), status=status, reason="why") == []
    (run,) = runs_of(client_of(maker.path), "made")
    assert run.info.status == shown and run.data.tags["evokd.status"] == status


def test_a_page_that_was_deleted_there_is_made_anew(maker: Maker) -> None:
    config = config_of(maker, "mlflow")
    session(maker, config, last=1, status="interrupted")
    client = client_of(maker.path)
    client.delete_run(runs_of(client, "made")[0].info.run_id)
    assert session(maker, config, first=2) == []
    (run,) = runs_of(client, "made")
    assert [step for step, _ in history(client, run, "test/macro_f1")] == [0, 1, 2]


def test_a_server_that_is_away_is_found_at_once(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:  # a port on which nobody listens
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        (warning,) = session(maker, config_of(maker, "mlflow"))
    assert warning.startswith("mlflow: OSError: MLFLOW_TRACKING_URI: no server answers")
    assert not (maker.path / "tracking").exists()


def test_where_the_environment_says_it_goes_there(
    maker: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tracking").mkdir()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'tracking' / 'mlflow.db'}")
    monkeypatch.chdir(tmp_path)  # artefacts lie where MLflow puts them by default
    assert session(maker, config_of(maker, "mlflow")) == []
    assert [run.info.status for run in runs_of(client_of(tmp_path), "made")] == ["FINISHED"]
    assert not (maker.path / "tracking").exists()
