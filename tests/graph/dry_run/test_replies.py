"""Replies of a dry run: every agent can read them, their lengths and shares are those expected."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from evokd.config import Config, ConfigError, load_config
from evokd.tasks.task import Task, draw_shots, load_task
from evokd.teacher.tokens import count
from graph.dry_run.material import Material
from graph.dry_run.replies import Shares
from graph.dry_run.run import DryRun, dry_run
from graph.methods import method_of
from prompts.manifest import Expected
from prompts.pack import Pack
from tests.servers.runs import settings

EXAMPLES = Path(__file__).parents[3] / "examples"
SHARED = EXAMPLES.parents[1] / "shared" / "data"


def dried(config: Config, expected: Expected, longer: float = 1.0) -> DryRun:
    task = load_task(config.task)
    pack = Pack.load(config.prompts.pack, config.prompts.language, config.task.kind)
    pack.manifest = pack.manifest.model_copy(update={"expected": expected})
    method_of(config).check(task, pack)
    return dry_run(config, task, pack, longer)


def material(shared: Path) -> tuple[Task, Material]:
    config = settings(shared, "http://127.0.0.1:1")
    task = load_task(config.task)
    return task, Material(task, draw_shots(task, 1, 1), count)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.36, 0.5, 0.9])
def test_shares_are_kept_without_chance(share: float) -> None:
    shares = Shares()
    assert sum(shares.falls("x", share) for _ in range(1000)) == pytest.approx(1000 * share, abs=1)


def test_written_rows_are_new_and_as_long_as_asked(tmp_path: Path) -> None:
    from tests.servers.runs import lay_out

    _, made = material(lay_out(tmp_path))
    texts = [made.write("positive", 30) for _ in range(200)]
    assert len(set(texts)) == 200
    assert sum(map(count, texts)) / 200 == pytest.approx(30, rel=0.15)
    assert made.label_in(f"Label this: {texts[7]}") == "positive"


@pytest.mark.parametrize("pack", ["evokd", "small"])
def test_what_is_expected_to_fall_out_falls_out(pack: str, tmp_path: Path) -> None:
    from tests.servers.runs import lay_out

    big = ("loop.calls_per_round=8", f"prompts.pack={pack}", "loop.rounds=3")
    config = settings(lay_out(tmp_path), "http://127.0.0.1:1", *big)
    every = dried(config, Expected(text=24))
    assert sum(every.rejected.values()) <= 3 and every.accepted[2] >= 30
    fewer = dried(config, Expected(text=24, rejected=0.25))
    assert fewer.accepted[2] == pytest.approx(24, abs=1)
    unclean = dried(config, Expected(text=24, unclean=0.25))
    assert unclean.accepted[2] == pytest.approx(24, abs=1)
    both = dried(config, Expected(text=24, unclean=0.25, rejected=0.25))
    assert both.accepted[2] == pytest.approx(18, abs=2)
    twice = dried(config, Expected(text=24, repeated=0.25))
    assert twice.accepted[2] == pytest.approx(24, abs=3)


def test_unusable_replies_cost_a_repair_turn_and_rows_sent_back_a_rewrite(tmp_path: Path) -> None:
    from tests.servers.runs import lay_out

    big = ("loop.calls_per_round=8", "loop.rounds=3")
    config = settings(lay_out(tmp_path), "http://127.0.0.1:1", *big)

    def calls(expected: Expected) -> Counter[str]:
        found: Counter[str] = Counter()
        for row in dried(config, expected).asked:
            found[row["agent"]] += row["calls"]
        return found

    plain, repaired = calls(Expected()), calls(Expected(unusable={"labeler": 0.5}))
    assert repaired["labeler"] > plain["labeler"] and repaired["critic"] == plain["critic"]
    again = calls(Expected(sent_back=0.25))
    assert again["hard_generator"] > plain["hard_generator"]
    assert again["critic"] > plain["critic"]


def test_longer_replies_cost_more(tmp_path: Path) -> None:
    from tests.servers.runs import lay_out

    config = settings(lay_out(tmp_path), "http://127.0.0.1:1")
    costs = [
        sum(row["prompt_tokens"] + row["completion_tokens"] for row in run.asked)
        for run in (dried(config, Expected(text=20), longer) for longer in (0.5, 1.0, 2.0))
    ]
    assert costs == sorted(costs) and costs[0] < costs[2]


@pytest.mark.parametrize("method", ["evokd", "zerogen", "auggpt", "llm2llm", "progen"])
@pytest.mark.parametrize("name", ["conll2004", "xnli_fr", "commonsenseqa", "stays"])
def test_every_agent_reads_them_for_every_kind(name: str, method: str) -> None:
    if not (SHARED / "conll2004").is_dir():
        pytest.skip("skipped: ../shared/data not found")
    sets = (f"method={method}", "prompts.pack=evokd", "loop.rounds=2", "student.update=retrain")
    remote = "teachers.default={model: m, base_url: 'http://127.0.0.1:1/v1'}"
    config = load_config(EXAMPLES / f"{name}.yaml", (*sets, "budget.tokens=null", remote))
    try:
        method_of(config)
    except ConfigError:
        return  # a method that the kind refuses has no plan
    run = dried(config, Expected())
    assert run.accepted and sum(run.accepted.values()) > 0, run.stop
