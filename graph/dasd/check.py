"""What can be wrong with a config of reasoning distillation, found before anything is spent."""

from __future__ import annotations

from collections.abc import Iterator

from evokd.config import Config, ConfigError, Endpoint
from evokd.dasd.settings import DasdConfig
from graph.core.decoding import check_continuation
from graph.dasd.curriculum import prompts_of
from prompts.pack import Pack

WITHOUT = (
    "without them work `dasd.selection.order: rsr` (or student_nll, random, longest, shortest) and"
    " `dasd.selection.by: all`"
)


def check_dasd(config: Config, settings: DasdConfig, pack: Pack) -> None:
    """Whether pack and teachers can do what the config asks for.

    Raises:
        ConfigError: naming the field, and what would do.
    """
    prompts_of(config, settings, pack)
    if config.student.model == "embedded:minilm":
        raise ConfigError(
            "student.model: embedded:minilm is an encoder; method dasd teaches a language model,"
            " such as embedded:smollm2-135m"
        )
    for endpoint in config.teachers.of("teacher_reasoner"):
        _check_endpoint(settings, endpoint)
        if settings.cot_decoding is not None:
            check_continuation("dasd.cot_decoding", settings.cot_decoding, endpoint)
    if settings.mixed is not None and pack.manifest.reasoner and pack.manifest.reasoner.continues:
        for endpoint in config.teachers.of("finisher"):
            if endpoint.model is not None:
                raise ConfigError(
                    f"teachers.finisher: {endpoint.title}: with the pack {pack.name} the server"
                    " must go on from an assistant's message, which the embedded one does; take"
                    " `prompts.pack: evokd` for others"
                )


def _check_endpoint(settings: DasdConfig, endpoint: Endpoint) -> None:
    for problem in _problems(settings, endpoint):
        raise ConfigError(f"teachers.teacher_reasoner: {endpoint.title}: {problem}")


def _problems(settings: DasdConfig, endpoint: Endpoint) -> Iterator[str]:
    if endpoint.temperature is not None:
        yield (
            f"temperature {endpoint.temperature:g} would hold for both stages; leave it out and set"
            " `dasd.stage1.temperature` and `dasd.stage2.temperature`"
        )
    if endpoint.model is None or endpoint.logprobs:
        return
    if settings.scores_teacher:
        yield (
            "the divergence needs the teacher's log-probabilities; say `logprobs: true` if this"
            f" endpoint gives them; {WITHOUT}"
        )
    if settings.cot_decoding is not None:
        yield (
            "`dasd.cot_decoding` weighs paths by log-probabilities; say `logprobs: true` if this"
            " endpoint gives them, or leave it out"
        )
