"""A student on its way to the hub: what goes, what stays, and what it says of itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard

from evokd.store.weights import sha256_of
from tests.hub.conftest import Push
from tests.hub.made_student import TEST_TEXT
from tests.servers.fake_hub import GOOD, FakeHub

REPO = "alice/reviews"
FILES = {"README.md", "config.json", "model.safetensors", "student.json", "tokenizer.json"}


def test_a_dry_run_shows_all_and_asks_nobody(hub: FakeHub, push: Push, made: Path) -> None:
    shown = push(made, "--to", REPO)
    assert shown.exit_code == 0, shown.output
    for part in (*FILES, "## Limits", f"{hub.url}/{REPO}", "a model, public", "5 files", "dry run"):
        assert part in shown.stdout
    assert "token: HF_TOKEN" in shown.stdout and GOOD not in shown.output
    assert hub.steps == []


def test_a_push_is_one_commit_of_every_file(hub: FakeHub, push: Push, made: Path) -> None:
    done = push(made, "--to", REPO, "--yes")
    assert done.exit_code == 0, done.output
    repo = hub.repos[f"models/{REPO}"]
    assert set(repo.files) == FILES and not repo.private
    assert repo.files["model.safetensors"] == (made / "student/model.safetensors").read_bytes()
    assert repo.messages == ["evokd push: student of made"]
    assert f"pushed: {hub.url}/{REPO} (public, commit {repo.commits[-1][:12]})" in done.stdout
    assert GOOD not in done.output
    assert any("evokd" in agent for agent in hub.agents)


def test_the_same_command_again_changes_nothing(hub: FakeHub, push: Push, made: Path) -> None:
    push(made, "--to", REPO, "--yes")
    again = push(made, "--to", REPO, "--yes")
    assert again.exit_code == 0 and "nothing new" in again.stdout
    assert len(hub.repos[f"models/{REPO}"].messages) == 1
    assert hub.steps.count("upload") == 1


def test_the_card_says_what_strangers_need(push: Push, hub: FakeHub, made: Path) -> None:
    push(made, "--to", REPO, "--yes")
    text = hub.repos[f"models/{REPO}"].files["README.md"].decode()
    data = ModelCard(text, ignore_metadata_errors=False).data
    assert {r.metric_name: r.metric_value for r in data["eval_results"]} == {
        "macro_f1": 0.79, "accuracy": 0.8,
    }  # fmt: skip
    assert data["license"] == "other" and data["language"] == ["en"]
    # Wilson's interval of 16 right of 20
    assert "| test | accuracy | 0.8000 | 0.5840 to 0.9193 | 20 |" in text
    assert "| test | macro\\_f1 | 0.7900 | – | 20 |" in text
    for part in (
        f'pipeline("text-classification", "{REPO}")',
        f"hf download {REPO} --local-dir reviews",
        "| labeler | model-1 | not known here |",
        "| labeler | 4 | 40 | 20 |",
        "product review, language en",
        "first 256 tokens",
        "| negative | 1 | 0 |",
    ):
        assert part in text, part


def test_nothing_names_this_machine(push: Push, hub: FakeHub, made: Path) -> None:
    push(made, "--to", REPO, "--yes")
    files = hub.repos[f"models/{REPO}"].files
    for name, content in files.items():
        for secret in (str(made.parent), "gpu-box", str(Path.home())):
            assert secret.encode() not in content, (name, secret)
    assert json.loads(files["student.json"])["base_model"] == "base"
    config = files["README.md"].decode().split("```yaml\n")[1].split("```")[0]
    assert yaml.safe_load(config)["task"]["data"]["test"] == "test.jsonl"


def test_a_card_that_a_person_changed_keeps_their_words(
    push: Push, hub: FakeHub, made: Path
) -> None:
    file = made / "student" / "README.md"
    text = file.read_text(encoding="utf-8").replace("---\n", "---\nlicense: mit\n", 1)
    own = text.replace("## Labels", "## Thanks\n\n```\n## no section\n```\n\nTo Ada.\n\n## Labels")
    file.write_text(own, encoding="utf-8")
    push(made, "--to", REPO, "--yes")
    sent = hub.repos[f"models/{REPO}"].files["README.md"].decode()
    assert "license: mit" in sent and "license: other" not in sent
    assert "```\n## no section\n```\n\nTo Ada." in sent
    assert sent.count("## Scores") == sent.count("## Limits") == 1


def test_files_that_are_no_student_s_stay_here(push: Push, hub: FakeHub, made: Path) -> None:
    folder = made / "student"
    for name in ("pytorch_model.bin", "notes.csv", ".secret.json"):
        (folder / name).write_text("x", encoding="utf-8")
    (folder / "leak.json").symlink_to(made / "run.json")
    done = push(made, "--to", REPO, "--yes")
    assert done.exit_code == 0 and set(hub.repos[f"models/{REPO}"].files) == FILES
    shown = push(made, "--to", REPO).stdout
    for said in ("pytorch_model.bin (may hold code", "notes.csv (no file", "leak.json (a link"):
        assert f"stays here: {said}" in shown


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda run: (run / "student/model.safetensors").write_bytes(b"x"), "another SHA-256"),
        (lambda run: (run / "student/model.safetensors").unlink(), "no weights that may go"),
        (
            lambda run: (run / "student/parity.json").write_text(
                json.dumps({"worst": f"“{TEST_TEXT.upper()}”"}), encoding="utf-8"
            ),
            "parity.json: holds 1 texts of test or dev rows",
        ),
    ],
)
def test_what_is_refused_never_goes(
    push: Push, hub: FakeHub, made: Path, harm: object, said: str
) -> None:
    harm(made)  # type: ignore[operator]
    for options in ((), ("--yes",)):
        refused = push(made, "--to", REPO, *options)
        assert refused.exit_code == 2 and said in refused.stderr, refused.output
    assert hub.steps == []


def test_a_student_s_folder_and_an_exported_one(push: Push, hub: FakeHub, made: Path) -> None:
    push(made / "student", "--to", REPO, "--yes")
    assert "Tokens by agent" in hub.repos[f"models/{REPO}"].files["README.md"].decode()
    exported = made / "onnx"
    exported.mkdir()
    (exported / "model.onnx").write_bytes(b"onnx")
    inner = {"kind": "student", "labels": ["negative", "positive"], "max_length": 64}
    sha = sha256_of(exported / "model.onnx")
    about = {"kind": "export", "form": "onnx", "sha256": sha, "student": inner}
    (exported / "evokd.json").write_text(json.dumps(about), encoding="utf-8")
    done = push(exported, "--to", "alice/small", "--yes")
    assert done.exit_code == 0, done.output
    files = hub.repos["models/alice/small"].files
    assert set(files) == {"README.md", "evokd.json", "model.onnx"}
    card = files["README.md"].decode()
    for part in ("first 64 tokens", "hf download alice/small --local-dir small", "| positive |"):
        assert part in card
    assert ModelCard(card, ignore_metadata_errors=False).data["license"] == "other"
    (exported / "README.md").write_text(
        "# One ONNX file\n\n```sh\nevokd predict THIS_FOLDER\n```\n", encoding="utf-8"
    )
    push(exported, "--to", "alice/small", "--yes")
    card = hub.repos["models/alice/small"].files["README.md"].decode()
    assert "# One ONNX file\n\n```sh\nevokd predict small\n```" in card
    (exported / "model.onnx").write_bytes(b"other")
    assert "another SHA-256" in push(exported, "--to", "alice/small").stderr


def test_a_run_without_a_student_is_told_what_goes(push: Push, hub: FakeHub, made: Path) -> None:
    (made / "student").rename(made / "elsewhere")
    nothing = push(made, "--to", REPO)
    assert nothing.exit_code == 2 and "no student yet" in nothing.stderr
    assert "--dataset" in nothing.stderr
    nowhere = push(made.parent, "--to", REPO)
    assert nowhere.exit_code == 2 and "holds no student" in nowhere.stderr


def test_a_student_that_reasons_is_asked_by_its_prompt(
    push: Push, hub: FakeHub, made: Path
) -> None:
    file = made / "student" / "student.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    about = {"kind": "causal", "sha256": manifest["sha256"], "base_model": "x", "max_length": 512}
    file.write_text(json.dumps(about), encoding="utf-8")
    config = made / "config.yaml"
    reasons = config.read_text(encoding="utf-8").replace("task:\n", "task:\n  kind: reasoning\n")
    config.write_text(reasons, encoding="utf-8")
    done = push(made, "--to", REPO, "--yes")
    assert done.exit_code == 0, done.output
    card = hub.repos[f"models/{REPO}"].files["README.md"].decode()
    assert f'pipeline("text-generation", "{REPO}")' in card and "evokd predict" not in card
    assert "gets one all the same" not in card and "not calibrated" not in card
