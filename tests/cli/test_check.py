"""`evokd check`: a line for each look, and an exit code that a script can go by."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Evokd
from tests.servers.brain import Brain
from tests.servers.fake_chat import FakeChat
from tests.servers.picky import refusing

BRAIN = Brain(("negative", "positive"))
LOOKS = ["data", "labels", "descriptions", "shots", "repetitions", "pack", "prompts", "budget"]
DEAD = "teachers.default={model: m, base_url: 'http://127.0.0.1:9/v1'}"


def look(evokd: Evokd, config: Path, *sets: str, code: int, probe: bool = False) -> dict[str, Any]:
    """Findings by what they are about: state and text."""
    options = [part for item in sets for part in ("--set", item)]
    result = evokd("check", config, "--format", "json", *options, *["--probe"] * probe)
    assert result.exit_code == code, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    assert document["exit_code"] == code
    found: dict[str, Any] = {}
    for one in document["findings"]:
        found.setdefault(one["what"], []).append((one["state"], one["text"]))
    return found | {"probe": document.get("probe")}


def remote(server: FakeChat, **more: Any) -> str:
    endpoint = {"model": "fake", "base_url": server.url, "retries": 0, **more}
    return f"teachers.default={json.dumps(endpoint)}"


@pytest.fixture
def mine(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny config in a folder to change, which is the current one."""
    folder = tmp_path / "mine"
    shutil.copytree(config.parent, folder, ignore=shutil.ignore_patterns("finished"))
    monkeypatch.chdir(folder)
    return folder / config.name


def rewrite(file: Path, *rows: dict[str, Any]) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*lines, *map(json.dumps, rows)]), encoding="utf-8")


def test_a_good_config(evokd: Evokd, mine: Path) -> None:
    before = set(mine.parent.iterdir())
    found = look(evokd, mine, code=0)
    assert [what for what in found if what != "probe"] == [*LOOKS, "student", "endpoint scripted"]
    states = {what: state for what in LOOKS for state, _ in found[what]}
    assert states == dict.fromkeys(LOOKS, "ok") | {"data": "warning"}  # ten test rows
    assert found["pack"] == [("ok", "pack evokd (as the config says)")]
    assert "all templates render (analyst, easy_generator, hard_gen" in found["prompts"][0][1]
    assert found["budget"][0][1].endswith("about 2 rounds, as loop.rounds says")
    assert set(mine.parent.iterdir()) == before
    shown = evokd("check", mine).stdout
    assert "nothing speaks against a run; nothing was spent" in shown
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_what_rows_can_have(evokd: Evokd, mine: Path) -> None:
    train, test = mine.parent / "train.jsonl", mine.parent / "test.jsonl"
    first = json.loads(train.read_text(encoding="utf-8").splitlines()[0])
    other = {"negative": "positive", "positive": "negative"}[first["label"]]
    rewrite(train, first | {"label": other})
    rewrite(test, first)
    sets = ("task.labels={negative: TODO, positive: happy, neutral: ''}", "task.shots=2")
    found = look(evokd, mine, *sets, code=2)
    assert found["labels"][0][0] == "warning" and "train has no 'neutral'" in found["labels"][0][1]
    assert found["descriptions"][0][0] == "warning"
    assert "'negative', 'neutral'" in found["descriptions"][0][1]
    assert found["shots"][0][0] == "failed" and "task.shots" in found["shots"][0][1]
    found = look(evokd, mine, code=0)
    (state, said), = found["repetitions"]  # fmt: skip
    assert state == "warning"
    assert "2 train rows equal a test row" in said and "1 train text with two labels" in said


def test_all_rows_that_cannot_be_read_are_counted(evokd: Evokd, mine: Path) -> None:
    rewrite(mine.parent / "train.jsonl",
            {"text": "a", "label": "postive"}, {"text": "b", "label": "postive"},
            {"text": " ", "label": "positive"})  # fmt: skip
    found = look(evokd, mine, code=2)
    (state, said), = found["data"]  # fmt: skip
    assert state == "failed" and said.startswith("3 rows can't be read:\n")
    assert "row 11" in said and "did you mean 'positive'?" in said and "row 13" in said
    assert found["labels, prompts, student, budget"][0][0] == "skipped"


def test_a_template_that_does_not_render(evokd: Evokd, mine: Path) -> None:
    pack = mine.parent / "mine"
    shutil.copytree(_shipped(), pack)
    file = pack / "en" / "critic.j2"
    file.write_text("{{ nonsense }}" + file.read_text(encoding="utf-8"), encoding="utf-8")
    found = look(evokd, mine, "prompts.pack=./mine", code=2)
    (state, said), = found["prompts"]  # fmt: skip
    assert state == "failed" and said.startswith("prompts.pack: mine/en/critic: 'nonsense'")
    result = evokd("run", mine, "--set", "prompts.pack=./mine")
    assert result.exit_code == 2 and "mine/en/critic: 'nonsense'" in result.stderr
    assert not (mine.parent / "runs").exists()


def _shipped() -> Path:
    import prompts

    return Path(str(prompts.__file__)).parent / "evokd"


def test_a_budget_below_one_round(evokd: Evokd, mine: Path) -> None:
    sets = ("loop.rounds=null", "budget.tokens=300")
    (state, said), = look(evokd, mine, *sets, code=2)["budget"]  # fmt: skip
    assert state == "failed"
    assert said.startswith("budget.tokens: 300 does not reach the end of round 1")
    result = evokd("run", mine, *(part for item in sets for part in ("--set", item)))
    assert result.exit_code == 2 and said in " ".join(result.stderr.split())
    cut = ("loop.calls_per_round=4", "loop.switches.critic=false", "budget.calls=10")
    (state, said), = look(evokd, mine, *cut, code=0)["budget"]  # fmt: skip
    assert state == "warning" and said.endswith("that round is cut short")
    (state, said), = look(evokd, mine, "budget.tokens=9000", "loop.rounds=null", code=0)[
        "budget"
    ]  # fmt: skip
    assert state == "ok" and "rounds, as budget.tokens (9,000) says" in said
    assert look(evokd, mine, "budget.tokens=10", "method=eda", code=0)["budget"][0][0] == "ok"


def test_a_student_that_will_not_do(evokd: Evokd, mine: Path) -> None:
    (state, said), = look(evokd, mine, "student.max_length=4000", code=2)["student"]  # fmt: skip
    assert state == "failed" and "student.max_length" in said
    (state, said), = look(evokd, mine, "student.max_length=8", code=0)["student"]  # fmt: skip
    assert state == "warning" and "longer than 8 tokens" in said


def test_endpoints(evokd: Evokd, mine: Path) -> None:
    (state, said), = look(evokd, mine, DEAD, code=1)["endpoint m"]  # fmt: skip
    assert state == "failed" and "nobody answers at http://127.0.0.1:9/v1" in said
    (state, said), = look(evokd, mine, "teachers=gpt-4o", code=2)["endpoint gpt-4o"]  # fmt: skip
    assert state == "failed" and "OPENAI_API_KEY is not set" in said
    with FakeChat(BRAIN, models_status=401) as server:
        (state, said), = look(evokd, mine, remote(server), code=1)["endpoint fake"]  # fmt: skip
    assert state == "failed" and "refuses the key (HTTP 401)" in said
    with FakeChat(BRAIN, models=("fake", "other")) as server:
        (state, said), = look(evokd, mine, remote(server), code=0)["endpoint fake"]  # fmt: skip
        assert (state, said) == ("ok", f"{server.url} has it; 2 on its list of models")
        wrong = remote(server, model="fke")
        (state, said), = look(evokd, mine, wrong, code=0)["endpoint fke"]  # fmt: skip
        assert state == "warning" and "(fake, other)" in said and "mean 'fake'?" in said
        assert server.bill.requests == 0
        result = evokd("run", mine, "--out", "out", "--set", wrong, "--set", "loop.rounds=1")
    assert result.exit_code == 0, result.output
    assert "'fke' is not on the server's list (fake, other)" in " ".join(result.stdout.split())


def test_the_small_pack_with_a_real_endpoint_is_remarked(evokd: Evokd, mine: Path) -> None:
    with FakeChat(BRAIN) as server:
        one = remote(server, logprobs=True)
        (state, said), = look(evokd, mine, one, "prompts.pack=small", code=0)["pack"]  # fmt: skip
        assert state == "warning" and "`auto` takes evokd for fake" in said
        (state, said), = look(evokd, mine, one, "prompts.pack=auto", code=0)["pack"]  # fmt: skip
        assert (state, said) == ("ok", "pack evokd (auto: fake is remote)")
        plan = evokd("plan", mine, "--set", one, "--set", "prompts.pack=auto").stdout
    assert "pack evokd (auto: fake is remote)" in " ".join(plan.split())


def test_a_probe_is_booked_and_told(evokd: Evokd, mine: Path) -> None:
    with FakeChat(BRAIN) as server:
        priced = remote(server, price={"prompt": 1, "completion": 2})
        found = look(evokd, mine, priced, code=0, probe=True)
        bill = server.bill
    told = {text.partition(":")[0]: (state, text) for state, text in found["probe fake"]}
    assert {name: state for name, (state, _) in told.items()} == dict.fromkeys(
        ("schema", "logprobs", "n", "seed", "billing"), "ok"
    )
    assert told["seed"][1] == "seed: the same seed gave the same text twice"
    billed = found["probe"]["billed"]
    assert billed["calls"] == bill.requests == 5
    assert billed["prompt_tokens"] == bill.prompt_tokens
    assert billed["completion_tokens"] == bill.completion_tokens
    assert billed["usd"] == pytest.approx((bill.prompt_tokens + 2 * bill.completion_tokens) / 1e6)
    books = evokd("tokens", found["probe"]["folder"], "--format", "json").stdout
    assert json.loads(books)["billed"] == billed
    assert not (mine.parent / "runs").exists()


def test_a_probe_tells_what_is_refused_or_ignored(evokd: Evokd, mine: Path) -> None:
    react = refusing("logprobs", "response_format", "seed", text="just words")
    with FakeChat(Brain(BRAIN.labels, most=1), lambda _: react) as server:
        found = look(evokd, mine, remote(server, logprobs=True), code=1, probe=True)
        assert found["probe"]["billed"]["calls"] == server.bill.requests > 5  # refusals, too
    told = {text.partition(":")[0]: (state, text) for state, text in found["probe fake"]}
    assert told["schema"][0] == "warning" and "does not follow it" in told["schema"][1]
    assert told["logprobs"][0] == "failed" and "`logprobs: true`" in told["logprobs"][1]
    assert told["n"] == ("warning", "n: one completion where two were asked for")
    assert any("refuses `seed`" in text for _, text in found["server"])


def test_a_probe_of_a_model_that_is_not_there(evokd: Evokd, mine: Path) -> None:
    with FakeChat(BRAIN, lambda _: refusing("model", status=404)) as server:
        found = look(evokd, mine, remote(server), code=1, probe=True)
    (state, said), = found["probe fake"]  # fmt: skip
    assert state == "failed" and "HTTP 404" in said
    assert found["probe"]["billed"]["calls"] == 1


def test_nothing_is_probed_unasked_or_for_nothing(evokd: Evokd, mine: Path) -> None:
    with FakeChat(BRAIN) as server:
        look(evokd, mine, remote(server), code=0)
        look(evokd, mine, remote(server), "task.shots=99", code=2, probe=True)
        assert server.bill.requests == 0
    assert not (mine.parent / "probes").exists()


def test_a_study(evokd: Evokd, mine: Path) -> None:
    study = mine.parent / "study.yaml"
    text = "name: s\nkind: few_shot\nbase: tiny.yaml\ngrid: {method: [evokd, no_aug], shots: [1]}\n"
    study.write_text(text, encoding="utf-8")
    found = look(evokd, study, code=0)
    assert found["cells"][0][1].startswith("2 cells can be run")
    assert found["endpoint scripted"][0][0] == "ok"
    assert found["prompts"] == [("ok", "all templates render, of 2 arms")] and "arms" not in found
    study.write_text(text.replace("[1]", "[99]"), encoding="utf-8")
    found = look(evokd, study, code=2)
    (state, said), = found["cells"]  # fmt: skip
    assert state == "failed" and "2 of 2 cells can't run" in said
    assert found["prompts"][0][0] == "skipped"
    assert evokd("check", study, "--probe").exit_code == 2


ARMS = """\
name: s
kind: ablation
base: tiny.yaml
grid: {method: [evokd, no_aug], seed: [1, 2], variant: {whole: {}, mine: {prompts.pack: ./mine}}}
"""


def changed_pack(folder: Path, before: str) -> None:
    """A copy of the shipped pack with something more in the critic's template."""
    shutil.copytree(_shipped(), folder)
    file = folder / "en" / "critic.j2"
    asked = file.read_text(encoding="utf-8")
    file.write_text(asked.replace("\nReply as JSON", f"\n{before} Reply as JSON"), encoding="utf-8")


def test_arms_that_are_one(evokd: Evokd, mine: Path) -> None:
    study = mine.parent / "study.yaml"
    study.write_text(ARMS, encoding="utf-8")
    changed_pack(mine.parent / "mine", "{# a remark that no model reads -#}")
    found = look(evokd, study, code=0)
    (one, other) = found["arms"]  # each told once, whatever the seeds
    assert {one[0], other[0]} == {"warning"}
    assert one[1].startswith("evokd tiny whole and evokd tiny mine: the same settings")
    assert other[1].startswith("no_aug tiny whole and no_aug tiny mine: ")
    text = ARMS.replace("{prompts.pack: ./mine}", "{prompts.pack: ./mine, student.lr: 0.01}")
    study.write_text(text, encoding="utf-8")
    assert "arms" not in look(evokd, study, code=0)


def test_arms_that_differ_in_a_word_are_two(evokd: Evokd, mine: Path) -> None:
    study = mine.parent / "study.yaml"
    study.write_text(ARMS.replace("[evokd, no_aug]", "[evokd]"), encoding="utf-8")
    changed_pack(mine.parent / "mine", "Look twice.")
    found = look(evokd, study, code=0)
    assert "arms" not in found and found["prompts"][0][0] == "ok"


def test_an_arm_whose_template_does_not_render(evokd: Evokd, mine: Path) -> None:
    study = mine.parent / "study.yaml"
    study.write_text(ARMS, encoding="utf-8")
    changed_pack(mine.parent / "mine", "{{ nonsense }}")
    (state, said), = look(evokd, study, code=2)["prompts"]  # fmt: skip
    assert state == "failed"
    assert said.startswith("evokd tiny mine: prompts.pack: mine/en/critic: 'nonsense'")
