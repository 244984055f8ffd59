"""Whatever happens to a tracker: it is told all there is, lacks are said once, the run goes on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from evokd.store.events import Stopped
from evokd.tracking import worker
from evokd.tracking.hush import hushed
from evokd.tracking.listener import Trackers, tracking
from evokd.tracking.record import FILE, Record
from evokd.tracking.study import shortfalls, tell_study
from evokd.tracking.tracker import Tracker
from tests.runs.made_run import Maker
from tests.tracking.conftest import BEGUN, SCORED, config_of, session
from tests.tracking.fake_tracker import FakeTracker


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeTracker:
    """What stands in the place of every tracker."""
    made = FakeTracker()

    def make(name: str) -> Tracker:
        made._fail("make")
        return made

    monkeypatch.setattr(worker, "find_tracker", make)
    return made


def test_it_is_told_of_all_rounds_with_scores_tokens_by_edge_and_cost(
    maker: Maker, fake: FakeTracker
) -> None:
    assert session(maker, config_of(maker, "mlflow")) == []
    assert fake.numbers == [0, 1, 2]
    first, last = fake.rounds[0][1], fake.rounds[2][1]
    assert first["test/macro_f1"] == 0.5 and "cost/usd" not in first
    assert last["test/macro_f1"] == 0.7
    assert last["tokens/warm_up-to-analyst"] == 15 and last["tokens/trainer-to-analyst"] == 15
    assert last["tokens/analyst-to-hard_generator"] == 60  # two texts in each of two rounds
    edges = {k: v for k, v in last.items() if "-to-" in k}
    assert sum(edges.values()) == last["tokens/billed"] == 150
    assert last["cost/usd"] == pytest.approx(10 * (10 * 1 + 5 * 2) / 1e6)
    assert fake.figures == ["tokens.png"]
    ((status, summary),) = fake.ends
    assert (status, summary["reason"], summary["tokens"]) == ("done", "2 rounds done", 150)


def test_the_page_is_named_and_has_the_config_without_texts(
    maker: Maker, fake: FakeTracker
) -> None:
    session(maker, config_of(maker, "mlflow"))
    assert fake.page is not None
    assert (fake.page.project, fake.page.name, fake.page.group) == ("made", "run-012345", None)
    assert fake.config["task.labels.negative"] == "unhappy" and fake.config["loop.rounds"] == 2
    assert not any(key.startswith("track") for key in fake.config)


@pytest.mark.parametrize("status", ["failed", "interrupted", "waiting"])
def test_what_is_not_done_does_not_end_as_done(
    maker: Maker, fake: FakeTracker, status: str
) -> None:
    session(maker, config_of(maker, "mlflow"), status=status, reason="why")
    assert [one[0] for one in fake.ends] == [status]
    assert fake.figures == []


def test_a_session_without_its_last_word_failed(maker: Maker, fake: FakeTracker) -> None:
    trackers = Trackers(config_of(maker, "mlflow"), maker.path)
    trackers(BEGUN)
    assert trackers.close() == []
    assert fake.ends[0][0] == "failed"


def test_a_run_that_was_refused_leaves_no_page(tmp_path: Path, maker: Maker) -> None:
    said: list[str] = []
    config = config_of(maker, "mlflow")
    with pytest.raises(ValueError), tracking(config, tmp_path / "new", say=said.append):
        raise ValueError("refused before it began")
    assert said == [] and not (tmp_path / "new").exists()


def test_a_resumed_run_goes_on_with_its_page(maker: Maker, fake: FakeTracker) -> None:
    config = config_of(maker, "mlflow")
    session(maker, config, last=1, status="interrupted", reason="Ctrl-C")
    assert fake.numbers == [0, 1]
    session(maker, config, first=2)
    assert fake.numbers == [0, 1, 2] and fake.known == [None, "page-1"]
    assert [one[0] for one in fake.ends] == ["interrupted", "done"]


def test_a_page_that_is_gone_is_told_all_anew(maker: Maker, fake: FakeTracker) -> None:
    config = config_of(maker, "mlflow")
    session(maker, config, last=1, status="interrupted")
    fake.id = "page-2"
    session(maker, config, first=2)
    assert fake.numbers == [0, 1, 0, 1, 2]


@pytest.mark.parametrize("where", ["make", "started", "round"])
def test_what_failed_once_is_made_up_for(maker: Maker, fake: FakeTracker, where: str) -> None:
    fake.faults[where] = [ConnectionError("away")]
    assert session(maker, config_of(maker, "mlflow")) == []
    assert fake.numbers == [0, 1, 2] and Record.read(maker.path).of("mlflow").failed is None


@pytest.mark.parametrize("where", ["make", "started", "round", "figure", "ended"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), SystemExit(1)])
def test_what_fails_for_good_is_said_once(
    maker: Maker, fake: FakeTracker, where: str, error: BaseException
) -> None:
    fake.faults[where] = [error] * 20
    (warning,) = session(maker, config_of(maker, "mlflow"))
    assert warning.startswith("mlflow: ") and type(error).__name__ in warning
    assert "the run is not touched by it" in warning
    assert Record.read(maker.path).of("mlflow").failed is not None
    assert len(fake.ends) == (where in ("round", "figure"))  # its status is told all the same


def test_one_that_fails_leaves_the_others_alone(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    fakes = {"mlflow": FakeTracker({"round": [OSError("away")] * 9}), "wandb": FakeTracker()}
    monkeypatch.setattr(worker, "find_tracker", lambda name: fakes[name])
    (warning,) = session(maker, config_of(maker, "mlflow", "wandb"))
    assert warning.startswith("mlflow: OSError: away")
    assert fakes["wandb"].numbers == [0, 1, 2]


def test_one_that_hangs_is_given_up(maker: Maker, fake: FakeTracker) -> None:
    fake.hangs_s = 5.0
    (warning,) = session(maker, config_of(maker, "mlflow"), patience_s=0.2)
    assert "nothing moved for 0 s" in warning


def test_a_record_that_is_no_json_is_begun_anew(maker: Maker, fake: FakeTracker) -> None:
    (maker.path / FILE).write_text('{"trackers": {"mlflow": [', encoding="utf-8")
    assert session(maker, config_of(maker, "mlflow")) == []
    assert json.loads((maker.path / FILE).read_text())["trackers"]["mlflow"]["round"] == 2


def test_a_disk_that_is_full_is_said(
    maker: Maker, fake: FakeTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("evokd.tracking.record.write_atomic", full)
    (warning,) = session(maker, config_of(maker, "mlflow"))
    assert "No space left on device" in warning


def test_what_is_wrong_before_a_tracker_begins_is_said_too(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no page")

    monkeypatch.setattr("evokd.tracking.listener.page_of", broken)
    trackers = Trackers(config_of(maker, "mlflow"), maker.path)
    for event in (BEGUN, SCORED, Stopped(status="done", reason="r")):
        trackers(event)
    assert trackers.close() == ["track: RuntimeError: no page"]


def test_one_that_is_not_installed_is_said_with_the_line_that_installs_it(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evokd.tracking.trackers.is_installed", lambda name: False)
    (warning,) = session(maker, config_of(maker, "mlflow"))
    assert "pip install 'evokd[mlflow]'" in warning


def test_a_cell_stands_in_the_group_of_its_study(
    maker: Maker, fake: FakeTracker, tmp_path: Path
) -> None:
    config = config_of(maker, "mlflow").model_copy(update={"name": "grid-evokd-seed1"})
    study = tmp_path / "study"
    study.mkdir()
    session(maker, config, last=1, group="grid", home=study, status="interrupted")
    assert fake.page is not None
    assert (fake.page.project, fake.page.group) == ("grid", "grid")
    assert fake.page.name == "evokd-seed1-012345"
    assert fake.page.home == study / "tracking"
    fake.page = None
    session(maker, config, first=2)  # `evokd resume` of the cell alone
    assert fake.page is not None and fake.page.group == "grid"
    assert fake.page.home == study / "tracking"


def test_a_study_says_which_of_its_runs_are_not_whole(maker: Maker, fake: FakeTracker) -> None:
    fake.faults["ended"] = [OSError("away")]
    session(maker, config_of(maker, "mlflow"))
    (said,) = shortfalls([maker.path, maker.path.parent / "never"])
    assert said.startswith("mlflow: 1 of 1 runs are not there as a whole (OSError: away)")


def test_a_study_has_a_page_with_its_figures(
    maker: Maker, fake: FakeTracker, tmp_path: Path
) -> None:
    session(maker, config_of(maker, "mlflow"))  # draws a picture
    study = tmp_path / "study"
    (study / "figures").mkdir(parents=True)
    (maker.path / "tokens.png").rename(study / "figures" / "curve.png")
    fake.figures.clear()
    told = {"reason": "1 of 1 cells done, 0 failed"}
    for status in ("interrupted", "done"):
        assert list(tell_study("grid", study, ["mlflow"], status, told)) == []
    assert fake.figures == ["curve.png"] * 2
    assert fake.known[-2:] == [None, "page-1"]  # one page, however often the study is gone on with
    assert [one[0] for one in fake.ends[-2:]] == ["interrupted", "done"]


def test_only_its_own_thread_is_hushed(capsys: pytest.CaptureFixture[str]) -> None:
    import threading

    with hushed():
        print("from inside")
        other = threading.Thread(target=lambda: print("from beside"))
        other.start()
        other.join()
    print("from after")
    assert capsys.readouterr().out == "from beside\nfrom after\n"
    assert "Sieve" not in type(sys.stdout).__name__
