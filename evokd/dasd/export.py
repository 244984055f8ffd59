"""The two stages for LLaMA-Factory: its data format and one training config each, as text.

LLaMA-Factory is an export target only (section 9: its pins exclude the TRL that trains here). In
the folder that the files are written to:

    llamafactory-cli train stage1.yaml && llamafactory-cli train stage2.yaml

Stage 2 continues stage 1's adapter: `adapter_name_or_path` resumes it, `create_new_adapter` stays
off, and the rank comes from the adapter. Without `template` the chat template is parsed from the
tokenizer, the one that scoring and evaluation use here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

USER, ASSISTANT = "human", "gpt"
STAGES = ("stage1", "stage2")


@dataclass(frozen=True, slots=True)
class Turn:
    """One row: what is asked, and what the student learns to say."""

    prompt: str
    response: str
    system: str = ""


@dataclass(frozen=True, slots=True)
class Training:
    """What both stages share, and where they differ; the report's values."""

    model: str
    """Hub name or folder of the student before training."""
    learning_rates: tuple[float, float] = (2e-4, 1e-4)
    epochs: float = 3
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    batch_size: int = 2
    """Rows a step and device."""
    accumulation: int = 4
    """Steps an update."""
    max_length: int = 2048
    """Tokens of prompt and response; LLaMA-Factory cuts what is longer."""
    warmup_ratio: float = 0.1
    template: str | None = None
    """LLaMA-Factory's name of a chat template; None: the tokenizer's own."""
    bf16: bool = True
    seed: int = 1


def llamafactory_files(
    low: Sequence[Turn], high: Sequence[Turn], training: Training
) -> dict[str, str]:
    """File name → content: two data sets, `dataset_info.json`, two configs.

    Args:
        low: Rows of stage 1.
        high: Rows of stage 2.
        training: Settings of both.

    Raises:
        ValueError: a stage without rows, on which LLaMA-Factory would fail.
    """
    files: dict[str, str] = {"dataset_info.json": _json(dataset_info())}
    for stage, rows, rate in zip(STAGES, (low, high), training.learning_rates, strict=True):
        if not rows:
            raise ValueError(f"{stage}: no rows to export (did the selection keep nothing?)")
        files[f"{stage}.json"] = _json([sharegpt_row(row) for row in rows])
        config = training_config(training, stage, rate)
        files[f"{stage}.yaml"] = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    return files


def sharegpt_row(row: Turn) -> dict[str, Any]:
    """A conversation of one question and one response."""
    return {
        "conversations": [
            {"from": USER, "value": row.prompt},
            {"from": ASSISTANT, "value": row.response},
        ],
        "system": row.system,
    }


def dataset_info() -> dict[str, Any]:
    """How LLaMA-Factory finds and reads the data sets."""
    columns = {"messages": "conversations", "system": "system"}
    tags = {
        "role_tag": "from",
        "content_tag": "value",
        "user_tag": USER,
        "assistant_tag": ASSISTANT,
    }
    return {
        stage: {
            "file_name": f"{stage}.json",
            "formatting": "sharegpt",
            "columns": columns,
            "tags": tags,
        }
        for stage in STAGES
    }


def training_config(training: Training, stage: str, learning_rate: float) -> Mapping[str, Any]:
    """The config of one stage; loss on the response alone is LLaMA-Factory's default."""
    config: dict[str, Any] = {"model_name_or_path": training.model}
    if stage != STAGES[0]:
        config["adapter_name_or_path"] = f"saves/{STAGES[0]}"
    config |= {
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "lora",
        "lora_rank": training.rank,
        "lora_alpha": training.alpha,
        "lora_dropout": training.dropout,
        "lora_target": "all",
        "dataset": stage,
        "dataset_dir": ".",
        "cutoff_len": training.max_length,
        "output_dir": f"saves/{stage}",
        "logging_steps": 10,
        "save_strategy": "epoch",
        "report_to": "none",
        "per_device_train_batch_size": training.batch_size,
        "gradient_accumulation_steps": training.accumulation,
        "learning_rate": learning_rate,
        "num_train_epochs": training.epochs,
        "lr_scheduler_type": "cosine",
        "warmup_ratio": training.warmup_ratio,
        "bf16": training.bf16,
        "seed": training.seed,
    }
    if training.template is not None:
        config["template"] = training.template
    return config


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
