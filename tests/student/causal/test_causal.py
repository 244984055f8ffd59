from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from evokd.config import ConfigError, LoraConfig
from student.causal.adapter import read_causal_manifest
from student.causal.base import load_causal
from student.causal.causal import CausalStudent
from student.causal.fingerprint import fingerprint_of
from student.causal.values import CausalSettings, TokenScores, TrainingPair
from student.runtime import quiet_loading
from tests.student.tiny import save_base
from tests.student.tiny_causal import save_causal

LORA = LoraConfig(r=4, alpha=8, target_modules=("q_proj", "v_proj", "down_proj"))
ASKED = [{"role": "user", "content": "6 and 7?"}]
ANSWER = "The sum is 13. The answer is (A)."


def make(model: Path | str, **changes: Any) -> CausalStudent:
    plain = CausalSettings(model=str(model), max_length=128, lora=LORA, threads=1)
    return CausalStudent.create(replace(plain, **changes), seed=1)


def taught(causal: Path) -> CausalStudent:
    student = make(causal)
    lesson = TrainingPair(student.prompt(ASKED), ANSWER)
    student.fit([lesson] * 4, lr=2e-2, epochs=12, seed=1)
    return student


def likelihood(student: CausalStudent) -> float:
    (one,) = student.score([student.prompt(ASKED)], [ANSWER])
    assert isinstance(one, TokenScores)
    return -one.nll


def altered(causal: Path, tmp_path: Path, name: str, **changes: object) -> Path:
    """A copy of the base model whose JSON file says something else."""
    folder = tmp_path / "altered"
    shutil.copytree(causal, folder)
    said = json.loads((folder / name).read_text(encoding="utf-8"))
    (folder / name).write_text(json.dumps({**said, **changes}), encoding="utf-8")
    return folder


def test_saved_and_loaded_it_says_the_same(causal: Path, tmp_path: Path) -> None:
    student = taught(causal)
    student.save(tmp_path / "student", card="# A student\n")
    loaded = CausalStudent.load(tmp_path / "student", CausalSettings(threads=1))
    assert loaded.prompt(ASKED) == student.prompt(ASKED)
    assert loaded.settings.max_length == 128
    assert loaded.stages == student.stages != ()
    assert likelihood(loaded) == pytest.approx(likelihood(student), abs=1e-3)
    prompts = [student.prompt(ASKED)]
    assert loaded.write(prompts, max_new_tokens=20) == student.write(prompts, max_new_tokens=20)
    assert (tmp_path / "student" / "README.md").read_text(encoding="utf-8") == "# A student\n"


def test_a_saved_student_is_an_ordinary_folder(causal: Path, tmp_path: Path) -> None:
    student = taught(causal)
    student.save(tmp_path / "student")
    with quiet_loading():
        model: Any = AutoModelForCausalLM.from_pretrained(tmp_path / "student")
        tokenizer: Any = AutoTokenizer.from_pretrained(tmp_path / "student")
    ids = tokenizer.apply_chat_template(ASKED, add_generation_prompt=True, return_tensors="pt")
    written = model.generate(**ids, max_new_tokens=30, do_sample=False)
    text = tokenizer.decode(written[0, ids["input_ids"].shape[1] :], skip_special_tokens=True)
    (answer,) = student.write([student.prompt(ASKED)], max_new_tokens=30)
    assert text == answer.text != ""
    assert not any("lora" in name for name, _ in model.named_parameters())


def test_saving_changes_nothing(causal: Path, tmp_path: Path) -> None:
    student = taught(causal)
    before = likelihood(student)
    student.save(tmp_path / "student")
    student.checkpoint(tmp_path / "adapter")
    assert likelihood(student) == before and student.trained


def test_a_checkpoint_holds_what_was_learnt(causal: Path, tmp_path: Path) -> None:
    student = taught(causal)
    student.checkpoint(tmp_path / "adapter")
    other = make(causal)
    untaught = likelihood(other)
    other.restore(tmp_path / "adapter")
    assert likelihood(other) == likelihood(student) > untaught
    other.reset()
    assert likelihood(other) == untaught and other.stages == () and not other.trained
    other.restore(tmp_path / "adapter")
    assert likelihood(other) == likelihood(student)
    assert sum(file.stat().st_size for file in (tmp_path / "adapter").iterdir()) < 200_000


def test_adapters_of_another_base_model_are_refused(causal: Path, tmp_path: Path) -> None:
    taught(causal).checkpoint(tmp_path / "adapter")
    other = make(save_causal(tmp_path / "other", seed=5))
    before = likelihood(other)
    with pytest.raises(ConfigError, match=r"adapters of another base model .*; train stage 1"):
        other.restore(tmp_path / "adapter")
    assert likelihood(other) == before and not other.trained
    wider = make(causal, lora=LoraConfig(r=8, alpha=8))
    with pytest.raises(ConfigError, match=r"another student\.lora"):
        wider.restore(tmp_path / "adapter")


def test_a_damaged_checkpoint_is_refused(causal: Path, tmp_path: Path) -> None:
    folder = tmp_path / "adapter"
    student = taught(causal)
    student.checkpoint(folder)
    with pytest.raises(ConfigError, match="holds weights of kind adapter, expected causal"):
        CausalStudent.load(folder, CausalSettings())
    weights = folder / read_causal_manifest(folder, "adapter").weights
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00")
    with pytest.raises(ConfigError, match="not the file that was saved"):
        student.restore(folder)
    assert student.trained
    with pytest.raises(ConfigError, match="holds no weights of kind adapter"):
        student.restore(tmp_path / "nowhere")
    with pytest.raises(RuntimeError, match="nothing was trained"):
        make(causal).checkpoint(folder)


def test_the_fingerprint_is_of_the_weights_on_disk(causal: Path, tmp_path: Path) -> None:
    one = make(causal)
    assert one.fingerprint == make(causal).fingerprint
    assert one.fingerprint != make(save_causal(tmp_path / "b", seed=3)).fingerprint
    model = one._base.model
    assert one.fingerprint == fingerprint_of(model)
    assert fingerprint_of(model.to(torch.bfloat16)) != one.fingerprint  # read before it is cast


def test_what_is_no_causal_model(causal: Path, tmp_path: Path) -> None:
    cpu = torch.device("cpu")
    with pytest.raises(ConfigError, match=r"student\.model: embedded:minilm is an encoder"):
        load_causal("embedded:minilm", 64, cpu)
    with pytest.raises(ConfigError, match="no embedded model 'gpt'"):
        load_causal("embedded:gpt", 64, cpu)
    with pytest.raises(ConfigError, match="is a teacher alone; take embedded:smollm2-135m, or"):
        load_causal("embedded:qwen2.5-coder-0.5b", 64, cpu)
    with pytest.raises(ConfigError, match=r"student\.model: ./nowhere is no folder"):
        load_causal("./nowhere", 64, cpu)
    with pytest.raises(ConfigError, match=r"student\.model: "):
        load_causal(str(save_base(tmp_path / "bert")), 64, cpu)
    deeper = altered(causal, tmp_path, "config.json", num_hidden_layers=3)
    with pytest.raises(ConfigError, match=r"lacks 9 of the tensors .*layers\.2"):
        load_causal(str(deeper), 64, cpu)


def test_no_chat_template_no_student(causal: Path, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    shutil.copytree(causal, folder)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(ConfigError, match=r"student\.model: .* has no chat template"):
        make(folder)


def test_no_safetensors_no_student(causal: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(causal, folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ConfigError, match=r"student\.model: .* can't be loaded: .*safetensors"):
        make(folder)


def test_max_length_beyond_the_model(causal: Path) -> None:
    with pytest.raises(ConfigError, match=r"student\.max_length: .* at most 256 tokens, got 257"):
        make(causal, max_length=257)


def test_lora_where_it_cant_be(causal: Path) -> None:
    for targets in (("nowhere",), ("q_proj", "lm_head")):
        student = make(causal, lora=LoraConfig(target_modules=targets))
        with pytest.raises(ConfigError, match=r"student\.lora\.target_modules"):
            student.fit([TrainingPair("So", "B")], lr=1e-3, epochs=1, seed=1)


def test_template_options_are_in_every_prompt(causal: Path, tmp_path: Path) -> None:
    folder = tmp_path / "thinker"
    shutil.copytree(causal, folder)
    template = (folder / "chat_template.jinja").read_text(encoding="utf-8")
    asked = "{% if enable_thinking is false %}<think></think>{% endif %}"
    (folder / "chat_template.jinja").write_text(template + asked, encoding="utf-8")
    plain, brief = make(folder), make(folder, template_options={"enable_thinking": False})
    assert brief.prompt(ASKED) == plain.prompt(ASKED) + "<think></think>"


def test_scores_before_and_after(causal: Path) -> None:
    student = taught(causal)
    prompts = [student.prompt(ASKED)]
    (after,), (before,) = (student.score(prompts, [ANSWER], base=base) for base in (False, True))
    (fresh,) = make(causal).score(prompts, [ANSWER])
    assert isinstance(after, TokenScores) and isinstance(before, TokenScores)
    assert isinstance(fresh, TokenScores)
    assert np.array_equal(before.logprobs, fresh.logprobs)
    assert after.nll < 0.5 * before.nll
    assert (
        student.label_likelihood(prompts, ["T"])[0, 0]
        == pytest.approx(float(after.logprobs[0]), abs=1e-4)
        or after.bounds[1] > 1
    )
