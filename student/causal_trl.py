"""A stage of training through TRL's `SFTTrainer`.

It gets tokens and labels, not texts, so that it trains on the very tokens that were scored; our
order of rows, our optimiser and rates; and a model whose adapters are there already, so no
`peft_config`. TRL patches the model's forward and transformers its settings: both are put back
afterwards. Imported only when it is used: TRL is an extra, and slow to import.
"""

from __future__ import annotations

import copy
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from datasets.arrow_dataset import Dataset
from torch import Tensor
from torch.utils.data import DataLoader
from transformers.trainer_callback import PrinterCallback
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling, SFTTrainer

from student.causal_training import Stage, optimiser_of, rates_of
from student.lm_head import causal_of
from student.loop import CLIP

IGNORED = -100
"""Label of a token that doesn't count."""


def train_with_trl(model: Any, stage: Stage, tokenizer: Any) -> list[float]:
    """The loss of each step; see `student.causal_training.run_stage`."""
    rows = [
        {"input_ids": list(row.ids), "labels": [IGNORED] * row.start + list(row.ids[row.start :])}
        for row in stage.rows
    ]
    with tempfile.TemporaryDirectory() as folder, _put_back(model), _quiet():
        optimiser = optimiser_of(model, stage)
        trainer = _Trainer(
            model=model,
            args=_arguments(stage, folder, next(model.parameters()).device),
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
            data_collator=DataCollatorForLanguageModeling(pad_token_id=stage.pad),
            optimizers=(optimiser, rates_of(optimiser, stage)),
        )
        trainer.stage = stage
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return trainer.losses()


class _Trainer(SFTTrainer):
    """Our batches in our order; the loss of each pass is kept."""

    stage: Stage

    def get_train_dataloader(self) -> DataLoader[Any]:
        self.parts: list[Tensor] = []
        rows: Any = self.train_dataset
        return DataLoader(rows, batch_sampler=_Order(self.stage), collate_fn=self.data_collator)

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        loss = super().compute_loss(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.parts.append(loss.detach())  # its share of the step's loss
        return loss

    def losses(self) -> list[float]:
        """The loss of each step."""
        shares = iter(self.parts)
        return [float(sum(next(shares) for _ in step)) for step in self.stage.steps]


class _Order:
    """The passes of one epoch after the other, each time it is gone through."""

    def __init__(self, stage: Stage) -> None:
        self.epochs = [[list(part) for step in epoch for part in step] for epoch in stage.epochs]
        self.next = 0

    def __iter__(self) -> Iterator[list[int]]:
        passes = self.epochs[self.next]
        self.next += 1
        return iter(passes)

    def __len__(self) -> int:
        return len(self.epochs[0])


def _arguments(stage: Stage, folder: str, device: torch.device) -> Any:
    arguments = SFTConfig(
        output_dir=folder,
        per_device_train_batch_size=max(len(part) for step in stage.steps for part in step),
        gradient_accumulation_steps=max(map(len, stage.steps)),
        num_train_epochs=len(stage.epochs),
        learning_rate=stage.lr,
        max_grad_norm=CLIP,
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        activation_checkpointing=False,
        bf16=device.type == "cuda" and torch.cuda.is_bf16_supported(),
        use_cpu=device.type == "cpu",
        seed=stage.seed,
        logging_strategy="no",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1  # one model, one device: no DataParallel
    return arguments


@contextmanager
def _put_back(model: Any) -> Iterator[None]:
    """Take off what the libraries leave on a model: patched forwards, other settings."""
    causal = causal_of(model)
    configs = [causal.config, causal.config.get_text_config()]  # often the same object
    settings = [copy.deepcopy(vars(config)) for config in configs]
    generation = copy.deepcopy(causal.generation_config)
    own = {id(part): "forward" in vars(part) for part in (model, causal)}
    try:
        yield
    finally:
        for part in (model, causal):
            if not own[id(part)]:
                vars(part).pop("forward", None)
                vars(part).pop("_original_forward", None)
        for config, values in zip(configs, settings, strict=True):
            vars(config).clear()
            vars(config).update(values)
        causal.generation_config = generation


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing of what the trainer says about itself; errors are raised, not logged."""
    loggers = [logging.getLogger(name) for name in ("transformers.trainer", "trl", "accelerate")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
