"""`evokd export --format llamafactory`: a run's chosen responses, for LLaMA-Factory to train on.

llamafactory-cli train stage1.yaml && llamafactory-cli train stage2.yaml
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agents.reasoning.reasoning_prompts import ReasoningPrompts
from evokd.cli.screen import show
from evokd.config import ConfigError, LoraConfig
from evokd.dasd.export import Training, Turn, llamafactory_files
from evokd.runs.formatting import several
from evokd.store.exports import into
from evokd.store.run_dir import RunDir, read_lines
from evokd.store.weights import EMBEDDED
from graph.dasd.curriculum import prompts_of
from graph.methods import method_of
from graph.methods.dasd import Dasd
from graph.packs import pack_of


def export_llamafactory(directory: Path, out: Path) -> None:
    """Write data sets and configs into a new or empty folder and say what is in it.

    Raises:
        ConfigError: no run of method dasd there, or a stage without a chosen response.
    """
    run = RunDir.open(directory)
    config = run.config()
    method = method_of(config)
    if not isinstance(method, Dasd):
        raise ConfigError(f"{directory}: method {config.method}; LLaMA-Factory's files are of dasd")
    pack = pack_of(config)
    prompts = prompts_of(config, method.settings, pack)
    rows = read_lines(run.synthetic)
    low, high = ([_turn(row, prompts) for row in rows if row["round"] == n] for n in (1, 2))
    try:
        files = llamafactory_files(low, high, training_of(method))
    except ValueError as error:
        raise ConfigError(f"{directory}: {error}") from None

    def fill(folder: Path) -> None:
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")

    into(out, fill)
    show(f"{out}: {several(len(low), 'row')} of stage 1, {several(len(high), 'row')} of stage 2")


def _turn(row: dict[str, Any], prompts: ReasoningPrompts) -> Turn:
    """The student's prompt, in its own words, and the response."""
    messages = prompts.to_student(row["question"])
    system = "\n".join(one.content for one in messages if one.role == "system")
    prompt = "\n".join(one.content for one in messages if one.role == "user")
    return Turn(prompt, row["text"], system)


def training_of(method: Dasd) -> Training:
    """The run's own settings, as far as LLaMA-Factory has them."""
    config, one, two = method.config, method.settings.stage1, method.settings.stage2
    lora = config.student.lora or LoraConfig()
    name = config.student.model
    embedded = (
        EMBEDDED.get(name.removeprefix("embedded:")) if name.startswith("embedded:") else None
    )
    return Training(
        model=embedded.origin if embedded else name,
        learning_rates=(one.lr, two.lr if two else one.lr),
        epochs=one.epochs,
        rank=lora.r,
        alpha=lora.alpha,
        dropout=lora.dropout,
        batch_size=config.student.batch_size,
        accumulation=1,
        max_length=config.student.max_length,
        seed=config.seed,
    )
