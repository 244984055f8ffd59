"""Which pack of prompts a run uses: the one that its config names, or the one its teachers can do.

`prompts.pack: auto` is settled here, once, before anything else is read of a config: `named` puts
the pack's name in its place, and the run directory keeps that. So a resume, a later look at the
run and a cell of a study go by the name, whatever becomes of the model's file or of the rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evokd.config import AUTO_PACK, Config, Endpoint, Role
from evokd.store.models import header_of
from graph.core.method import Method
from graph.methods import method_of
from prompts.pack import Pack

SMALL, LARGE = "small", "evokd"
_SIZE = re.compile(r"[-_:](\d+(?:\.\d+)?)([bm])(?![a-z0-9])", re.IGNORECASE)
_UNITS = {"b": 1e9, "m": 1e6}
ENOUGH = 2_000_000_000
"""Parameters below which a model does better with `small`, one text a call and labels by
log-probability, than with the JSON of `evokd`: seen of 0.135, 0.5 and 1.5 billion (docs/log.md)."""


@dataclass(frozen=True, slots=True)
class PackChoice:
    """A pack's name, or its path, and why it is that one."""

    name: str
    reason: str

    @property
    def said(self) -> str:
        """`pack small (auto: smollm2-135m has 0.13B parameters)`."""
        return f"pack {self.name} ({self.reason})"


def choose(method: Method) -> PackChoice:
    """The pack of a run.

    Raises:
        ConfigError: `auto` with an embedded model whose file is missing or none.
    """
    pack = method.config.prompts.pack
    if pack != AUTO_PACK:
        return PackChoice(pack, "as the config says")
    endpoints = _asked(method)
    for endpoint in endpoints:
        if endpoint.scripted:
            return PackChoice(SMALL, f"{AUTO_PACK}: a teacher is scripted")
    for endpoint in endpoints:
        if (size := _parameters(endpoint)) is not None and size < ENOUGH:
            return PackChoice(SMALL, f"{AUTO_PACK}: {_described(endpoint, size)}")
    if not endpoints:  # nobody reads it
        return PackChoice(SMALL, f"{AUTO_PACK}: {method.name} asks no model")
    told = ", ".join(_described(endpoint, _parameters(endpoint)) for endpoint in endpoints)
    return PackChoice(LARGE, f"{AUTO_PACK}: {told}")


def named(config: Config) -> tuple[Config, PackChoice]:
    """The config with the name of its pack, and why it is that one; raises as `choose`."""
    choice = choose(method_of(config))
    prompts = config.prompts.model_copy(update={"pack": choice.name})
    return config.model_copy(update={"prompts": prompts}), choice


def pack_of(config: Config) -> Pack:
    """The pack of a config, read, as its method asks with it.

    Raises:
        ConfigError: as `choose`, as `Pack.load`, or as `Method.adapted`.
    """
    config, _ = named(config)
    return method_of(config).adapted(Pack.of(config))


def mismatches(method: Method, pack: Pack) -> Iterator[str]:
    """What the pack asks of a model that can't do it, as far as that can be known beforehand."""
    for endpoint in _asked(method, [role for role in method.roles if _in_json(pack, role)]):
        size = _parameters(endpoint)
        if size is not None and size < ENOUGH:
            yield (
                f"prompts.pack: {pack.name} asks for JSON, {_described(endpoint, size)};"
                f" `{AUTO_PACK}` takes {SMALL}, with which such models write and label better"
            )
        elif size is None and (said := _size_in(endpoint.title)) is not None and said < ENOUGH:
            yield (
                f"prompts.pack: {pack.name} asks for JSON, and by its name {endpoint.title} has"
                f" {said / 1e9:g}B parameters; such models write and label better with"
                f" `prompts: {{pack: {SMALL}}}`, where the server gives log-probabilities"
                " (`logprobs: true` at the endpoint)"
            )
    if pack.name.startswith(f"{SMALL}/") and _all_large(method):
        yield (
            f"prompts.pack: {SMALL} is made for models under {ENOUGH / 1e9:g}B parameters: one text"
            f" a call, no JSON. `{AUTO_PACK}` takes {LARGE} for"
            f" {', '.join(one.title for one in _asked(method))}"
        )
    decodes = method.config.loop.decoding.labeler != "sample"  # checked by `graph.core.decoding`
    if "labeler" in method.roles and pack.manifest.labeler.reply == "logprobs" and not decodes:
        for endpoint in method.config.teachers.of("labeler"):
            if endpoint.model is not None and not endpoint.logprobs:
                yield (
                    f"teachers.labeler: {pack.name} labels by log-probabilities; say `logprobs:"
                    f" true` if {endpoint.title} gives them, else take `prompts.pack: {LARGE}`"
                )


def _all_large(method: Method) -> bool:
    """Whether somebody is asked, and nobody who is small, as far as is known or said."""
    asked = _asked(method)
    sizes = [_parameters(one) or _size_in(one.title) or ENOUGH for one in asked]
    return bool(asked) and not any(one.scripted for one in asked) and min(sizes) >= ENOUGH


def _in_json(pack: Pack, role: Role) -> bool:
    """Whether a role is asked for JSON; a critic that is a model always is."""
    style = pack.manifest.style_of(role)
    return getattr(style, "reply", None) == "json" or getattr(style, "kind", None) == "llm"


def _asked(method: Method, roles: Sequence[Role] | None = None) -> list[Endpoint]:
    """The endpoints of the roles that this graph asks, each once, in the order of the work."""
    teachers = method.config.teachers
    asked = method.roles if roles is None else roles
    return list(dict.fromkeys(one for role in asked for one in teachers.of(role)))


def _parameters(endpoint: Endpoint) -> int | None:
    """None for a model that is not embedded: nobody knows."""
    return None if endpoint.embedded is None else header_of(endpoint.embedded).parameters


def _size_in(title: str) -> float | None:
    """Parameters by a model's name (`qwen2.5:1.5b`, `SmolLM2-135M-Instruct`): a hint, no more."""
    found = _SIZE.findall(title)
    return float(found[-1][0]) * _UNITS[found[-1][1].lower()] if found else None


def _described(endpoint: Endpoint, size: int | None) -> str:
    if size is None:
        return f"{endpoint.title} is remote"
    return f"{endpoint.title} has {size / 1e9:.2f}B parameters"
