"""What can be wrong with a config of reasoning distillation, found before anything is spent."""

from __future__ import annotations

from collections.abc import Iterator

from evokd.config import Config, ConfigError, Endpoint
from graph.course import wording_of
from prompts.pack import Pack

WITHOUT = (
    "without them work `dasd.selection.order: rsr` (or student_nll, random, longest, shortest) and"
    " `dasd.selection.by: all`"
)


def check_dasd(config: Config, pack: Pack) -> None:
    """Whether pack and teachers can do what the config asks for.

    Raises:
        ConfigError: naming the field, and what would do.
    """
    pack.require("teacher_reasoner")
    if config.dasd.mixed is not None:
        pack.require("finisher")
    wording_of(config, pack)
    if config.student.model == "embedded:minilm":
        raise ConfigError(
            "student.model: embedded:minilm is an encoder; method dasd teaches a language model,"
            " such as embedded:smollm2-135m"
        )
    for endpoint in config.teachers.of("teacher_reasoner"):
        _check_endpoint(config, endpoint)
    if (
        config.dasd.mixed is not None
        and pack.manifest.reasoner
        and pack.manifest.reasoner.continues
    ):
        for endpoint in config.teachers.of("finisher"):
            if endpoint.model is not None:
                raise ConfigError(
                    f"teachers.finisher: {endpoint.title}: with the pack {pack.name} the server"
                    " must go on from an assistant's message, which the embedded one does; take"
                    " `prompts.pack: evokd` for others"
                )


def _check_endpoint(config: Config, endpoint: Endpoint) -> None:
    for problem in _problems(config, endpoint):
        raise ConfigError(f"teachers.teacher_reasoner: {endpoint.title}: {problem}")


def _problems(config: Config, endpoint: Endpoint) -> Iterator[str]:
    dasd = config.dasd
    if endpoint.temperature is not None:
        yield (
            f"temperature {endpoint.temperature:g} would hold for both stages; leave it out and set"
            " `dasd.stage1.temperature` and `dasd.stage2.temperature`"
        )
    if endpoint.model is None or endpoint.logprobs:
        return
    if dasd.scores_teacher:
        yield (
            "the divergence needs the teacher's log-probabilities; say `logprobs: true` if this"
            f" endpoint gives them; {WITHOUT}"
        )
    if dasd.cot_decoding is not None:
        yield (
            "`dasd.cot_decoding` weighs paths by log-probabilities; say `logprobs: true` if this"
            " endpoint gives them, or leave it out"
        )
