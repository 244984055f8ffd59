"""A pack: `pack.yaml` with how each role is asked, and a folder of templates by language.

```
prompts/small/pack.yaml
prompts/small/en/analyst.j2  easy_generator.j2  hard_generator.j2  labeler.j2  critic.j2  repair.j2
prompts/small/en/ner/labeler.j2      instead of the one above it, where `task.kind` is ner
```
A folder that says `extends: evokd` in its pack.yaml (a shipped pack, or a path relative to it)
holds only what is other: templates of the same name, settings of the same place.
What differs by kind in pack.yaml stands under `kinds: {ner: {labeler: {…}}}`, what differs by the
language of the prompts under `languages: {zh: {generator: {…}}}`; the kind has the last word.
A new strategy is a new folder: `prompts: {pack: ./my_pack}`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ValidationError

from evokd.config import ROLES, Config, ConfigError, Form, Role, TaskKind, parse_yaml
from evokd.config.nearest import did_you_mean
from evokd.teacher.request import Prompt
from prompts.manifest import PackManifest
from prompts.render import Template, TemplateError

HERE = Path(__file__).parent
EXTENDS = "extends"
REPAIR = "repair"
"""The text of a repair turn; no role's, as the next two."""
BRIEF = "brief"
"""What every generator is told of hard and easy, of confusions, numbers and levels."""
SUMMARY = "summary"
"""The confusions in words: the analysis where no analyst is asked."""
CONFIDENCE = "confidence"
"""What a labeler that answers in JSON is told besides, where it is to say how sure it is
(`loop.confidence`); loaded only then."""
REASONED_LABELER = "reasoned_labeler"
"""The labeler's where it takes several paths to a label (`loop.decoding`): a reason in words, then
the label; loaded only then."""
GUIDED_WRITER = "guided_writer"
"""The writer's, where it is told more than a class: attributes, or a class to be mistaken for."""
ORDER = "order"
"""The writer's, where it is told in a line or two (`method: lean`)."""
DEV_ANALYST = "dev_analyst"
"""The analyst's, where the verdicts are those on a synthetic dev set."""
REWRITE = "rewrite"
"""What a generator is asked to make of a text of the pool (`loop.rewrite`)."""
GENERATORS = ("easy_generator", "hard_generator")
OTHERS = (BRIEF, SUMMARY, GUIDED_WRITER, DEV_ANALYST, REWRITE, ORDER)
"""Templates that are no role's own, and that a pack may leave out."""
TEMPLATES = (*(name for name, role in ROLES.items() if not role.optional), REPAIR)


COMPOUND: frozenset[TaskKind] = frozenset({"pair", "choice"})
"""Kinds whose texts have parts."""
Forms = Mapping[Literal["generator"], Form]
"""Section of pack.yaml → form of the replies to its roles."""
_NO_FORMS: Forms = {}


class Pack:
    """Templates and styles of one pack in one language."""

    def __init__(
        self,
        name: str,
        manifest: PackManifest,
        templates: Mapping[str, Template],
        *,
        forced: bool = False,
    ) -> None:
        """Args.

        name: Pack and language.
        manifest: Of the kind and the language.
        templates: By role.
        forced: The config asks for another form of reply than the pack's own.
        """
        self.name, self.manifest, self.templates = name, manifest, templates
        self.forced = forced

    @classmethod
    def of(cls, config: Config) -> Pack:
        """The pack that a config names, its settings resolved; `graph.packs.pack_of` knows `auto`.

        Raises:
            ConfigError: see `load`.
        """
        prompts = config.prompts
        loop = config.loop
        return cls.load(
            *(prompts.pack, prompts.language, config.task.kind, prompts.forms),
            confidence=loop.confidence,
            reasoned=loop.decoding.labeler != "sample",
        )

    @classmethod
    def load(
        cls,
        pack: str,
        language: str,
        kind: TaskKind = "classification",
        forms: Forms = _NO_FORMS,
        *,
        confidence: bool = False,
        reasoned: bool = False,
    ) -> Pack:
        """A pack that ships with evokd, by name, or any folder, by path.

        Args:
            pack: Name or path.
            language: Of the prompts.
            kind: Of task.
            forms: Form of the writers' replies instead of the pack's own (`prompts.forms`).
            confidence: The labeler says how sure it is (`loop.confidence`).
            reasoned: The labeler reasons before it labels (`loop.decoding.labeler`).

        Raises:
            ConfigError: unknown pack or language, a broken manifest or template, a form of reply
                that the templates don't ask for or that can't hold such a text.
        """
        folder = Path(pack) if "/" in pack else HERE / pack
        if not (folder / "pack.yaml").is_file():
            raise ConfigError(
                f"prompts.pack: {pack!r} is no pack (no pack.yaml in {folder});"
                f" shipped packs: {', '.join(shipped())}{did_you_mean(pack, shipped())}"
            )
        layers = layers_of(folder)
        if not any((layer / language).is_dir() for layer in layers):
            known = sorted({f.parent.name for one in layers for f in one.glob("*/labeler.j2")})
            raise ConfigError(
                f"prompts.language: pack {folder.name!r} has no {language!r}, only {known}"
            )
        name = f"{folder.name}/{language}"
        written = [layer / language for layer in layers]
        # only some methods and settings need these; a pack made for EvoKD alone may leave them out
        optional = [role for role, spec in ROLES.items() if spec.optional]
        more = [role for role in optional if any(_has(one, role, kind) for one in written)]
        extra = (*OTHERS, *[CONFIDENCE] * confidence, *[REASONED_LABELER] * reasoned)
        more += [one for one in extra if template_path(written, one, kind).is_file()]
        templates = {role: _template(written, name, role, kind) for role in (*TEMPLATES, *more)}
        manifest = _manifest(layers, kind, language)
        form = forms.get("generator", manifest.generator.reply)
        forced = form != manifest.generator.reply
        if forced:
            manifest = manifest.writing(form)
        if manifest.generator.reply == "lines" and kind in COMPOUND:
            raise ConfigError(
                f"prompts.forms: `lines` holds one text a line, and a text of task.kind {kind} has"
                " several parts; leave it out (the form is then that of pack.yaml), or use json"
            )
        return cls(name, manifest, templates, forced=forced)

    def require(self, role: Role) -> None:
        """Check that the pack can serve a role.

        Raises:
            ConfigError: it has no such template, or no settings for it, or the template can't ask
                for the form of reply that the config wants.
        """
        style, whose = ROLES[role].style, ROLES[role].whose
        place = style if style in PackManifest.model_fields else f"roles.{role}"
        if role not in self.templates:
            raise ConfigError(
                f"prompts.pack: {self.name} has no {role}.j2, which this method needs"
                " (the shipped packs have one to begin with)"
            )
        if self.forced and style == "generator" and "form" not in self.templates[role].variables:
            raise ConfigError(
                f"prompts.forms: generator: {self.manifest.generator.reply}: the template"
                f" {self.templates[role].name} asks for one form of reply alone (it doesn't use the"
                " variable `form`); leave the setting out, or take another pack"
            )
        if self.manifest.style_of(role) is None:
            raise ConfigError(
                f"prompts.pack: the pack.yaml of {self.name} has no `{place}`, which {whose} needs"
                " (the shipped packs have one to begin with)"
            )

    def require_template(self, name: str, *shows: str) -> None:
        """Check that the pack has a template that is no role's own.

        Args:
            name: Such as `guided_writer`.
            shows: Variables without which it would change nothing.

        Raises:
            ConfigError: it has none, or one that shows none of these.
        """
        template = self.templates.get(name)
        if template is None or not set(shows) <= template.variables:
            lack = "has no" if template is None else "doesn't show what it should in"
            raise ConfigError(
                f"prompts.pack: {self.name} {lack} {name}.j2, which this method needs (the shipped"
                f" packs have one to begin with; it shows {', '.join(shows)})"
            )
        if self.forced and name == GUIDED_WRITER and "form" not in template.variables:
            raise ConfigError(
                f"prompts.forms: generator: {self.manifest.generator.reply}: the template"
                f" {template.name} asks for one form of reply alone (it doesn't use the variable"
                " `form`); leave the setting out, or take another pack"
            )

    def ordering(self) -> Pack:
        """The same pack for writers that are given short orders.

        Raises:
            ConfigError: it has none.
        """
        if self.manifest.orders is None:
            raise ConfigError(
                f"prompts.pack: the pack.yaml of {self.name} has no `orders`, which"
                " `methods.lean.short_orders` needs (the shipped packs have one to begin with);"
                " add it, or set that to false"
            )
        return Pack(self.name, self.manifest.ordering(), self.templates)

    def prompt(self, role: str, variables: Mapping[str, object]) -> Prompt:
        """Render a role's template; a missing variable is an error."""
        template = self.templates[role]
        variables = {"form": self.manifest.generator.reply, **variables}
        if role == "labeler" and variables.get("constrained") and CONFIDENCE in self.templates:
            return self._asking_how_sure(template.prompt(variables), variables)
        if BRIEF not in template.variables:
            return template.prompt(variables)
        brief = self.templates[BRIEF]
        prompt = template.prompt({**variables, BRIEF: brief.text(variables)})
        whole = hashlib.sha256(f"{template.sha}{brief.sha}".encode()).hexdigest()
        return replace(prompt, template_sha=whole)

    def _asking_how_sure(self, prompt: Prompt, variables: Mapping[str, object]) -> Prompt:
        """With a last paragraph; the template stays as it is for labelers that aren't asked."""
        more = self.templates[CONFIDENCE]
        *before, last = prompt.messages
        last = replace(last, content=f"{last.content}\n\n{more.text(variables)}")
        whole = hashlib.sha256(f"{prompt.template_sha}{more.sha}".encode()).hexdigest()
        return replace(prompt, messages=(*before, last), template_sha=whole)

    def asks(self, role: str) -> frozenset[str]:
        """The variables that a role's prompt shows, by its own template or the brief's."""
        asked = self.templates[role].variables
        return asked | self.templates[BRIEF].variables if BRIEF in asked else asked

    def summary(self, variables: Mapping[str, object]) -> str:
        """The confusions in words, on one line."""
        return " ".join(self.templates[SUMMARY].text(variables).split())

    def repair(self, complaint: str) -> str:
        """The text of a repair turn."""
        return self.templates[REPAIR].text({"complaint": complaint})

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each template's source, for the model card."""
        return {role: template.sha for role, template in self.templates.items()}


def shipped() -> list[str]:
    """Names of the packs that come with evokd."""
    return sorted(path.parent.name for path in HERE.glob("*/pack.yaml"))


def layers_of(folder: Path) -> list[Path]:
    """The folder of a pack, and those that it extends."""
    layers = [folder]
    while (named := _raw(layers[-1]).get(EXTENDS)) is not None:
        below = layers[-1] / str(named) if "/" in str(named) else HERE / str(named)
        if not (below / "pack.yaml").is_file() or below.resolve() in map(Path.resolve, layers):
            raise ConfigError(
                f"{layers[-1] / 'pack.yaml'}: extends: {named!r} is no other pack; expected one of"
                f" {', '.join(shipped())}, or a path relative to this folder"
            )
        layers.append(below)
    return layers


def _raw(folder: Path) -> dict[str, Any]:
    path = folder / "pack.yaml"
    try:
        raw = parse_yaml(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: expected a mapping")
    return raw


def _on(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Settings on those of the pack that is extended."""
    made = dict(below)
    for key, value in above.items():
        old = made.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        made[key] = _on(old, value) if both else value  # type: ignore[arg-type]  # see `both`
    return made


def _manifest(layers: Sequence[Path], kind: TaskKind, language: str) -> PackManifest:
    path, raw = layers[0] / "pack.yaml", dict[str, Any]()
    for layer in reversed(layers):
        raw = _on(raw, _raw(layer))
    raw.pop(EXTENDS, None)
    try:
        return PackManifest.model_validate(raw).of(kind, language)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: {field}: {first['msg']}") from None


def _has(folder: Path, role: Role, kind: TaskKind) -> bool:
    """Whether a pack has a template for an optional role, and for this kind of task."""
    own = ROLES[role].folder
    if own is not None:
        return own == kind and (folder / own / f"{role}.j2").is_file()
    return (folder / f"{role}.j2").is_file()


def template_path(layers: Sequence[Path], role: str, kind: TaskKind) -> Path:
    """The template of a role: for the kind before any kind's, the pack's before what it extends."""
    for folder in layers:
        for path in (folder / kind / f"{role}.j2", folder / f"{role}.j2"):
            if path.is_file():
                return path
    return layers[0] / f"{role}.j2"


def _template(layers: Sequence[Path], pack: str, role: str, kind: TaskKind) -> Template:
    path = template_path(layers, role, kind)
    name = f"{pack}/{kind}/{role}" if path.parent not in layers else f"{pack}/{role}"
    try:
        return Template(name, path.read_text(encoding="utf-8"))
    except OSError:
        raise ConfigError(f"prompts.pack: {path} is missing") from None
    except TemplateError as error:
        raise ConfigError(f"prompts.pack: {error}") from None
