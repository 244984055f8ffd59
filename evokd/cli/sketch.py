"""A config as `evokd init` writes it: YAML with a reason beside each setting.

Pure. Whatever comes from the data is quoted by the YAML library; nothing of it stands in a comment
but the file's name, without the characters that could end one.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evokd.config import dump_yaml
from evokd.config.providers import prefixed
from evokd.tasks.undescribed import TODO

PLACEHOLDER = f"{TODO}: one line on which texts belong here"
ENOUGH = 500
"""Test rows that tell scores three or four points apart; more cost time in every round."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """What the config says."""

    name: str
    train: str
    """Path, relative to the config's folder."""
    text: str
    label: str
    labels: Mapping[str, str]
    """Label → description; an empty one becomes the placeholder."""
    label_map: Mapping[str, str]
    unlabelled: bool
    """Whether rows lack a label."""
    rows: int
    """Of the file, those that have one."""
    shots: int
    teacher: Mapping[str, Any]
    sets: bool = False
    """Whether a row's label is a set of them (`kind: multilabel`)."""
    separator: str | None = None
    """Of sets, what stands between their labels; None: the column holds lists."""

    @property
    def test_share(self) -> float:
        """A fifth; of a large file less."""
        return min(0.2, max(0.001, round(ENOUGH / self.rows, 3)))


def sketched(sketch: Sketch, file: str) -> str:
    """The text of the config.

    Args:
        sketch: What it says.
        file: Its name, for the commands in its head.
    """
    bare = "".join(char if char.isprintable() else "?" for char in file)
    lines = {name: line or PLACEHOLDER for name, line in sketch.labels.items()}
    parts = [
        f"# Made by `evokd init`. Paths are relative to this file; every setting: `evokd schema`.\n"
        f"#   evokd check {bare}   what can be known before anything is spent\n"
        f"#   evokd run {bare}",
        _entry("name", sketch.name),
        "seed: 1",
        "task:",
        *_kind(sketch),
        "  language: en  # of the texts (BCP 47): fr, zh, de-CH",
        "  domain: text  # what one text is, in the prompts: product review, support ticket",
        "  # The agents know a class by this line: say which texts belong there, and which do not.",
        f"  # One that begins with {TODO} is shown to nobody; the run says which are left.",
        _entry("labels", lines, 2),
        "  data:",
        _entry("train", sketch.train, 4),
        "    # No test file: this share of each class is split off, the same rows for every seed.",
        "    # With a file of your own: `test: FILE` instead of these three lines.",
        "    test: null",
        f"    test_share: {sketch.test_share:g}",
        "    split_seed: 1",
        _entry("text", sketch.text, 4),
        _entry("label", sketch.label, 4),
    ]
    if sketch.separator is not None:
        parts.append(_entry("separator", sketch.separator, 4))
    if sketch.label_map:
        parts.append(_entry("label_map", sketch.label_map, 4))
    if sketch.unlabelled:
        parts.append("    no_label: [null]  # rows without a label are left out")
    parts += [
        f"  shots: {sketch.shots}  # rows of each class that the agents and the student begin with",
        *_teacher(sketch.teacher),
        "budget:",
        "  tokens: 40000  # the run ends in order when they are spent",
        "# student: {model: embedded:minilm}  # or any encoder of the Hugging Face hub, by name",
        "# loop: {rounds: 3}  # end after these, whatever is left of the budget",
    ]
    return "\n".join(parts) + "\n"


def _kind(sketch: Sketch) -> list[str]:
    if not sketch.sets:
        return ["  kind: classification"]
    return ["  kind: multilabel  # any number of labels a text; one label each: classification"]


def _entry(key: str, value: Any, indent: int = 0) -> str:
    return textwrap.indent(dump_yaml({key: value}, lines=False).rstrip("\n"), " " * indent)


def _teacher(endpoint: Mapping[str, Any]) -> list[str]:
    """Its part of the config, with what its kind of endpoint may need."""
    head = "teachers:\n  # who answers, for all roles; a role may have one of its own (labeler: …)"
    lines = [head, _entry("default", endpoint, 2)]
    if "model" in endpoint:
        provider = prefixed(endpoint["model"])[0]
        if "base_url" not in endpoint and (provider is None or provider.keys):
            name = provider.keys[0] if provider else "OPENAI_API_KEY"
            lines.append(f"    # the key is read from the environment variable {name}")
        elif "base_url" not in endpoint:
            lines.append("    # provider_url: http://HOST:11434  # where it is not this machine")
        else:
            lines.append("    # api_key_env: MY_KEY  # the environment variable with its key")
        lines.append(
            "    # price: {prompt: 0.15, completion: 0.6}  # USD per million tokens, from your\n"
            "    # provider's list (these are an example): then the books show what it costs"
        )
    return lines
