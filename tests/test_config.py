import os
from pathlib import Path
from typing import Any

import pytest

from evokd.config import ROLES, ConfigError, anchored, load_config, parse_config
from graph.methods import method_of
from tests.config.written import TASK, complaint_of, config_with, write_config

SECRET = "sk-" + "S3CR3T" * 4


def test_every_key_but_task_has_a_default() -> None:
    config = parse_config({"task": TASK})
    assert (config.name, config.seed, config.method) == ("run", 1, "evokd")
    task = config.task
    assert (task.kind, task.language, task.shots, task.metric) == (
        "classification",
        "en",
        1,
        "macro_f1",
    )
    assert (task.data.text, task.data.label, task.data.dev, task.data.hub) == (
        "text",
        "label",
        None,
        None,
    )
    assert config.loop.rounds is None
    assert config.loop.review.rows == "batch"
    assert all(config.loop.switches.model_dump().values())
    assert config.prompts.pack == "auto"
    assert config.student.model == "embedded:minilm"
    assert config.budget.tokens == 40_000
    for role in ROLES:
        assert [endpoint.title for endpoint in config.teachers.of(role)] == ["smollm2-135m"]


def test_labels_may_be_a_list_and_keep_their_order() -> None:
    config = parse_config({"task": {**TASK, "labels": ["z", "a", "m"]}})
    assert list(config.task.labels.items()) == [("z", ""), ("a", ""), ("m", "")]


def test_a_list_of_endpoints_votes() -> None:
    raw = {"labeler": [{"model": "a"}, {"model": "b"}], "critic": {"scripted": True}}
    teachers = parse_config({"task": TASK, "teachers": raw}).teachers
    assert [endpoint.title for endpoint in teachers.of("labeler")] == ["a", "b"]
    assert [endpoint.title for endpoint in teachers.of("critic")] == ["scripted"]
    assert [endpoint.title for endpoint in teachers.of("analyst")] == ["smollm2-135m"]


def test_the_config_can_not_be_changed() -> None:
    config = parse_config({"task": TASK})
    with pytest.raises(ValueError, match="frozen"):
        config.seed = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"sede": 1}, "sede: unknown field"),
        ({"task": None}, "task: "),
        ({"task": {**TASK, "lables": {}}}, "task.lables: unknown field"),
        ({"task": {**TASK, "labels": {"one": ""}}}, "task.labels: "),
        ({"task": {**TASK, "shots": 0}}, "task.shots: "),
        ({"task": {**TASK, "metric": "f2"}}, "task.metric: "),
        ({"task": {**TASK, "kind": "nre"}}, "task.kind: "),
        ({"task": {**TASK, "metric": "f1"}}, "task.metric: kind classification has macro_f1"),
        ({"task": {**TASK, "kind": "choice"}}, "task.labels: kind choice takes none"),
        ({"task": {**TASK, "kind": "multi"}}, "task.heads: expected two or more"),
        ({"task": {**TASK, "data": {**TASK["data"], "txt": "body"}}}, "task.data.txt: unknown"),
        ({"name": "../x"}, "name: "),
        ({"seed": -1}, "seed: "),
        ({"seed": "one"}, "seed: "),
        ({"loop": {"n_hard": 0}}, "loop.n_hard: "),
        ({"loop": {"review": {"sampling": "all"}}}, "loop.review.sampling: "),
        ({"loop": {"switches": {"easi": False}}}, "loop.switches.easi: unknown field"),
        ({"teachers": {"default": {"model": "m", "scripted": True}}}, "teachers.default.0: "),
        ({"teachers": {"default": {"base_url": "http://x"}}}, "teachers.default.0: "),
        ({"teachers": {"default": []}}, "teachers.default: "),
        ({"teachers": {"boss": {"model": "m"}}}, "teachers.boss: unknown field"),
        ({"teachers": {"critic": {"model": "m", "temperature": 3}}}, "teachers.critic.0.temper"),
        ({"student": {"lr": 0}}, "student.lr: "),
        ({"student": {"lora": {"r": 0}}}, "student.lora.r: "),
        ({"budget": {"tokens": 0}}, "budget.tokens: "),
        ({"budget": {"per_agent": {"boss": {}}}}, "budget.per_agent.boss"),
    ],
)
def test_complaints_name_the_field(parts: dict[str, Any], expected: str) -> None:
    message = complaint_of({"task": TASK, **parts})
    assert message.startswith("config: ")
    assert expected in message


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"method": "magic"}, "method: expected one of evokd, "),
        ({"loop": {"patience": 2}}, "config: `loop.patience` needs `task.data.dev`"),
        (
            {"loop": {"stop_below_gain": 0.002}},
            "config: `loop.stop_below_gain` needs `task.data.dev`",
        ),
        ({"budget": {"tokens": None}}, "config: the run would never end: set `loop.rounds` or a"),
        ({"rivals": {"progenn": {}}}, "config: rivals.progenn: unknown field"),
        ({"method": "zerogen", "rivals": {"progen": {"shown": 0}}}, "rivals.progen.shown: "),
        ({"dasd": {"stages": {"x": 1}}}, "dasd.stages"),
    ],
)
def test_what_a_method_refuses_names_the_field(parts: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        method_of(parse_config({"task": TASK, **parts}))
    assert expected in str(caught.value)


def test_a_config_without_a_task() -> None:
    assert "task: Field required" in complaint_of({})


def test_all_complaints_come_at_once() -> None:
    message = complaint_of({"task": TASK, "seed": -1, "student": {"epochs": 0}})
    assert "seed: " in message
    assert "student.epochs: " in message


def test_a_run_without_a_token_limit_needs_another_end() -> None:
    for parts in (
        {"budget": {"tokens": None, "usd": 1}},
        {"budget": {"tokens": None, "seconds": 60}},
        {"budget": {"tokens": None}, "loop": {"rounds": 3}},
    ):
        assert method_of(parse_config({"task": TASK, **parts})).config.budget.tokens is None


@pytest.mark.parametrize(
    ("override", "path", "expected"),
    [
        ("seed=7", "seed", 7),
        ("student.lr=1e-4", "student.lr", 1e-4),
        ("student.lr=2.5E-5", "student.lr", 2.5e-5),
        ("student.lr=0.1", "student.lr", 0.1),
        ("budget.tokens=1e4", "budget.tokens", 10_000),
        ("loop.rounds=null", "loop.rounds", None),
        ("loop.switches.easy=false", "loop.switches.easy", False),
        ("loop.switches={easy: false, critic: false}", "loop.switches.critic", False),
        ("student.lora={r: 4, target_modules: [query, value]}", "student.lora.r", 4),
        ("name=2024", "name", None),
        ("task.domain='film: review'", "task.domain", "film: review"),
        ("task.domain=a=b", "task.domain", "a=b"),
        ("budget.per_agent.critic.calls=3", "budget.per_agent", None),
        ("task.language=", "task.language", None),
    ],
)
def test_overrides_are_yaml(tmp_path: Path, override: str, path: str, expected: Any) -> None:
    if override in ("name=2024", "task.language="):
        with pytest.raises(ConfigError, match=rf"{path}: .*string"):
            config_with(tmp_path, override)
        return
    value: Any = config_with(tmp_path, override)
    for part in path.split("."):
        value = getattr(value, part)
    if path == "budget.per_agent":
        assert value["critic"].calls == 3
    else:
        assert value == expected
        assert type(value) is type(expected)


def test_overrides_may_be_lists(tmp_path: Path) -> None:
    config = config_with(
        tmp_path,
        "task.labels=[b, a]",
        "teachers.labeler=[{scripted: true}, {model: m, base_url: http://127.0.0.1:1/v1}]",
    )
    assert list(config.task.labels) == ["b", "a"]
    assert [endpoint.title for endpoint in config.teachers.of("labeler")] == ["scripted", "m"]


def test_overrides_apply_in_order_and_make_missing_sections(tmp_path: Path) -> None:
    config = config_with(tmp_path, "seed=2", "seed=3", "student.lora.alpha=4")
    assert config.seed == 3
    assert config.student.lora is not None
    assert config.student.lora.alpha == 4


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("seed", "--set: expected a.b=value"),
        ("=3", "expected a.b=value"),
        ("seed=[1", "the value is not valid YAML"),
        ("sede=1", "sede: unknown field"),
        ("student.optimizer=sgd", "student.optimizer: unknown field"),
        ("seed=many", "seed: "),
    ],
)
def test_bad_overrides(tmp_path: Path, override: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config_with(tmp_path, override)
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "expected a mapping with a `task`, found NoneType"),
        ("- a\n", "found list"),
        ("task: [", "not valid YAML"),
        (b"\xff\xfe", "can't be read"),
    ],
)
def test_bad_files(tmp_path: Path, content: str | bytes, expected: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert expected in str(caught.value)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: no such file"):
        load_config(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="can't be read"):
        load_config(tmp_path)


def test_paths_are_relative_to_the_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "my-student").mkdir()
    path = write_config(tmp_path, student={"model": "my-student"}, prompts={"pack": "./packs/mine"})
    monkeypatch.chdir(tmp_path / "runs")
    config = load_config(Path(os.path.relpath(path)), ["task.data.test=../elsewhere/test.csv"])
    assert config.task.data.train == str((tmp_path / "data" / "train.jsonl").resolve())
    assert config.task.data.test == str((tmp_path.parent / "elsewhere" / "test.csv").resolve())
    assert config.task.data.dev is None
    assert config.student.model == str((tmp_path / "my-student").resolve())
    assert config.prompts.pack == str((tmp_path / "packs" / "mine").resolve())


def test_names_are_no_paths(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()  # a folder by the name of a pack is not that pack
    parts = {"student": {"model": "google-bert/bert-base-uncased"}, "prompts": {"pack": "small"}}
    config = load_config(write_config(tmp_path, **parts))
    assert config.prompts.pack == "small"
    assert config.student.model == "google-bert/bert-base-uncased"


def test_embedded_models_by_name_path_and_hub(tmp_path: Path) -> None:
    (tmp_path / "smollm2-135m").touch()  # a file by the name of a model is not that model
    named = {
        "smollm2-135m": ("smollm2-135m", "smollm2-135m"),
        "mine.gguf": (str(tmp_path.resolve() / "mine.gguf"), "mine.gguf"),
        "../up/mine.gguf": (str(tmp_path.parent.resolve() / "up/mine.gguf"), "mine.gguf"),
        "hub:own-er/re.po/sub/a.gguf": ("hub:own-er/re.po/sub/a.gguf", "own-er/re.po/sub/a.gguf"),
    }
    for given, expected in named.items():
        teachers = {"default": {"embedded": given}, "labeler": [{"embedded": given}]}
        config = load_config(write_config(tmp_path, teachers=teachers))
        (writer,), (labeler,) = config.teachers.of("analyst"), config.teachers.of("labeler")
        assert writer == labeler
        assert (writer.embedded, writer.title) == expected
        layer = anchored({"teachers": teachers}, tmp_path)["teachers"]
        assert layer["default"]["embedded"] == layer["labeler"][0]["embedded"] == expected[0]


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ({"embedded": "hub:owner/file.gguf"}, "hub:owner/repo/file.gguf"),
        ({"embedded": "hub:owner/repo/a.safetensors"}, "hub:owner/repo/file.gguf"),
        ({"embedded": "hub:owner/repo/../a.gguf"}, "hub:owner/repo/file.gguf"),
        ({"embedded": " "}, "a path to a GGUF"),
        ({"embedded": "smollm2-135m", "context": 512}, "`context` of an `embedded` model"),
        ({"scripted": True, "server": {"slots": 2}}, "`server` is for an `embedded` model"),
        ({"model": "m", "server": {}}, "`server` is for an `embedded` model"),
        ({"embedded": "smollm2-135m", "server": {"slots": 0}}, "server.slots"),
        ({"embedded": "smollm2-135m", "server": {"n_ctx": 9}}, "server.n_ctx: unknown field"),
    ],
)
def test_embedded_endpoints_that_can_not_be(endpoint: dict[str, Any], said: str) -> None:
    message = complaint_of({"task": TASK, "teachers": {"default": endpoint}})
    assert "teachers.default" in message and said in message


def test_hub_names_and_hub_folders(tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    task = {**TASK, "data": {"hub": "local", "train": "train", "test": "test[:10]"}}
    data = load_config(write_config(tmp_path, task=task)).task.data
    assert data.hub == str((tmp_path / "local").resolve())
    assert (data.train, data.test) == ("train", "test[:10]")
    task["data"]["hub"] = "owner/name"
    assert load_config(write_config(tmp_path, task=task)).task.data.hub == "owner/name"


def test_the_resolved_config_reads_back_the_same(tmp_path: Path) -> None:
    task = {**TASK, "labels": {"好": "满意", "坏": "不满意"}, "language": "zh"}
    parts = {"task": task, "teachers": {"default": {"model": "m", "api_key_env": "MY_KEY"}}}
    config = load_config(write_config(tmp_path, **parts), ["student.lr=1e-5"])
    again = tmp_path / "run" / "config.yaml"
    again.parent.mkdir()
    again.write_text(config.to_yaml(), encoding="utf-8")
    assert "满意" in again.read_text(encoding="utf-8")
    assert load_config(again) == config


@pytest.mark.parametrize(
    "endpoint",
    [
        {"model": "m", "api_key": SECRET},
        {"model": "m", "api_key_env": SECRET},
        {"model": "m", "api_key_env": [SECRET]},
        {"model": "m", "apikey": {"value": SECRET}},
    ],
)
def test_secrets_are_refused_and_never_echoed(tmp_path: Path, endpoint: dict[str, Any]) -> None:
    for teachers in ({"default": endpoint}, {"labeler": [{"scripted": True}, endpoint]}):
        with pytest.raises(ConfigError) as caught:
            load_config(write_config(tmp_path, teachers=teachers))
        assert "S3CR3T" not in str(caught.value)
        assert "key" in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        config_with(tmp_path, f"teachers.default.api_key={SECRET}")
    assert "S3CR3T" not in str(caught.value)


def test_the_environment_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", SECRET)
    config = load_config(
        write_config(tmp_path, teachers={"default": {"model": "m", "api_key_env": "MY_KEY"}})
    )
    assert SECRET not in config.to_yaml() + repr(config)


SECRET = "sk-secret-0123456789"


@pytest.mark.parametrize(
    "text",
    [
        f"teachers: [{{model: m, api_key: {SECRET}}}]",
        f"teachers: {{default: {SECRET}}}",
        f"teachers: {{default: {{model: m, base_url: [{SECRET}]}}}}",
        f"teachers: {{default: {{model: m, price: {SECRET}}}}}",
        f"teachers: {{default: {{model: m, api_key_env: {SECRET}}}}}",
        f"teachers: {{default: {{model: m, base_url: 'http://u:{SECRET}@host/v1'}}}}",
        f"teachers: {{default: '{SECRET}",
    ],
)
def test_a_key_in_the_wrong_place_is_not_repeated(tmp_path: Path, text: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"task: {{labels: [a, b], data: {{}}}}\n{text}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(file)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("item", [SECRET, f"={SECRET}", f"teachers=[{SECRET}"])
def test_set_repeats_no_value(tmp_path: Path, item: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("task: {labels: [a, b], data: {}}", encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(file, [item])
    assert SECRET not in str(refused.value)


def test_what_people_write_is_understood(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(
        "task: {labels: {a: , b: text}, data: {label_map: {0: a, 1: b}}}\n"
        "budget: {tokens: 1e4}\nteachers: {labeler: [{model: x}, {model: y}]}\n",
        encoding="utf-8",
    )
    config = load_config(file, ["teachers.labeler.1.model=z"])
    assert config.task.data.label_map == {"0": "a", "1": "b"}
    assert config.task.labels == {"a": "", "b": "text"}
    assert config.budget.tokens == 10_000
    assert [endpoint.model for endpoint in config.teachers.of("labeler")] == ["x", "z"]
