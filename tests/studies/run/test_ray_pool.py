"""The same grid on Ray: two nodes, one killed in the middle, and no cell is lost."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evokd.config import ConfigError
from evokd.store.run_dir import RunDir
from evokd.studies.run import ray_pool as ray_runner
from evokd.studies.run.progress import CellProgress
from evokd.studies.run.ray_pool import pack, unpack
from evokd.studies.study import Study
from tests.studies.conftest import run_study
from tests.studies.run.test_worker_pool import comparable, study_file

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
try:
    ray: Any = importlib.import_module("ray")
    cluster_utils: Any = importlib.import_module("ray.cluster_utils")
except ImportError:
    ray = None

needs_ray = pytest.mark.skipif(ray is None, reason="skipped: Ray is not installed (evokd[ray])")
REPOSITORY = Path(__file__).resolve().parents[3]


def test_a_packed_run_is_the_run(quiet: Path, tmp_path: Path) -> None:
    run = next((quiet / "runs").iterdir())
    place = tmp_path / "runs" / run.name
    place.mkdir(parents=True)
    (place / "left from before").write_text("x", encoding="utf-8")
    unpack(pack(run), place)
    names = {p.relative_to(run) for p in run.rglob("*") if p.is_file()}
    assert {p.relative_to(place) for p in place.rglob("*") if p.is_file()} == names
    for name in names:
        assert (place / name).read_bytes() == (run / name).read_bytes()
    assert not list(place.parent.glob(".*"))
    assert pack(tmp_path / "gone") == b""


def test_without_ray(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    study = Study.load(study_file(tiny, tmp_path), out=tmp_path / "out")
    with study.folder.locked(), pytest.raises(ConfigError, match=r"pip install -e '\.\[ray\]'"):
        study.begin()
        study.work(study.pending(), ray="auto")


def at_work(out: Path) -> int:
    """Cells that have begun and not ended."""
    files = list(out.glob("runs/*/run.json"))
    return sum('"status": "running"' in file.read_text(encoding="utf-8") for file in files)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A head and one more node, each good for one cell at a time."""
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))  # nodes find the tests' modules too
    small: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
    made = cluster_utils.Cluster(
        initialize_head=True, head_node_args={**small, "include_dashboard": False}
    )
    made.add_node(**small)
    made.wait_for_nodes()
    yield made
    if ray.is_initialized():
        ray.shutdown()
    made.shutdown()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("default")  # Ray's own
@needs_ray
def test_a_node_is_killed_and_no_cell_is_lost(
    cluster: Any, tiny: Path, quiet: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    study = Study.load(study_file(tiny, tmp_path), out=out)
    heard: list[str] = []
    struck: list[int] = []

    def strike() -> None:
        """One cell a node: with two at work, one of them is on the node that goes."""
        until = time.monotonic() + 240
        while at_work(out) < 2 and time.monotonic() < until:
            time.sleep(0.005)
        (node,) = [node for node in cluster.list_all_nodes() if not node.is_head()]
        struck.append(len(heard))
        cluster.remove_node(node, allow_graceful=False)

    killer = threading.Thread(target=strike, daemon=True)
    with study.folder.locked():
        study.begin()
        killer.start()
        assert study.work(
            study.pending(), ray=cluster.address, hear=lambda news: heard.append(news.kind)
        )
        study.settle()
    killer.join(10)
    assert struck and struck[0] < 4, "the node went too late"
    assert heard == ["done"] * 4
    assert comparable(out) == comparable(quiet)
    assert not (out / ray_runner.MARK).exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("default")
@needs_ray
def test_nodes_that_do_not_share_the_folder(
    cluster: Any, tiny: Path, quiet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They send the run directory back."""
    monkeypatch.setattr(ray_runner, "MARK", ".only-the-driver-reads-this")
    study = Study.load(study_file(tiny, tmp_path), ["grid.seed=[1]"], out=tmp_path / "out")
    with study.folder.locked():
        study.begin()
        assert study.work(study.pending(), ray=cluster.address)
        rows = study.settle()
    assert [row["status"] for row in rows] == ["done"] * 2
    for row in rows:
        assert RunDir.open(tmp_path / "out" / row["run"]).run()["status"] == "done"
    first = [row for row in comparable(quiet) if row["seed"] == 1]
    assert json.loads(json.dumps(comparable(tmp_path / "out"))) == first


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("default")
@needs_ray
def test_ctrl_c_ends_in_order(cluster: Any, tiny: Path, quiet: Path, tmp_path: Path) -> None:
    file, out = study_file(tiny, tmp_path), tmp_path / "out"
    study = Study.load(file, out=out)
    heard: list[str] = []

    def strike(news: CellProgress) -> None:
        heard.append(news.kind)
        if len(heard) == 1:
            signal.raise_signal(signal.SIGINT)

    with study.folder.locked():
        study.begin()
        assert not study.work(study.pending(), ray=cluster.address, hear=strike)
        done = [row["status"] for row in study.settle()]
        assert set(done) == {"done"} and len(done) < 4
        assert at_work(out) == 0
    run_study(file, out)
    assert comparable(out) == comparable(quiet)
