"""The JSON schema of a run's config and of a study file, out of the code that checks them.

    evokd schema > config.schema.json; evokd schema --study > study.schema.json

An editor that reads `# yaml-language-server: $schema=…` in the first line of a config completes
keys and marks what is wrong. What depends on several keys at once (a metric of its kind of task,
labels that the data must have) no schema says: `evokd plan CONFIG.yaml` checks it.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from evokd.config import ROLES, Config, Teachers
from evokd.config.loading import SECTIONS
from evokd.studies.grid.config import StudyConfig
from graph.methods import METHODS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]
_SHORT: Schema = {
    "type": "string",
    "description": "An endpoint as a text: a model of OpenAI's, embedded:NAME, or scripted.",
}


def show_schema(study: bool) -> None:
    """Print one of the two."""
    print(to_json(study_schema() if study else run_schema()), end="")


def to_json(schema: Schema) -> str:
    """A schema as its file has it."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def run_schema() -> Schema:
    """What a run's config may say, the sections of all methods included."""
    made = _schema_of(Config)
    made["properties"]["method"] |= {"examples": list(METHODS.ours)}
    made["$defs"]["Teachers"]["properties"] |= {
        role: made["$defs"]["Teachers"]["properties"][role]
        | {"description": f"Endpoints of this role ({spec.whose}); null: those of `default`."}
        for role, spec in ROLES.ours.items()
    }
    _let_texts_stand(made)
    for name in SECTIONS:
        made["properties"][name] |= {"properties": {}, "additionalProperties": False}
    for method in METHODS.ours.values():
        settings = _schema_of(method.settings_type)
        made["$defs"] |= settings.pop("$defs", {})
        settings.pop("$schema")
        if method.section is not None:
            _place(made, method.section, settings)
        for key, field in method.keys.items():
            _place(made, key, settings["properties"][field])
        for key in method.accepted_keys:
            _place(
                made, key, {"deprecated": True, "description": "The name of an earlier version."}
            )
    return made


def _let_texts_stand(made: Schema) -> None:
    """Wherever an endpoint may stand, a text may: see `evokd.config.teachers.spelt_out`."""
    one: Schema = {"anyOf": [_SHORT, {"$ref": "#/$defs/Endpoint"}]}
    several: Schema = {"type": "array", "items": one, "minItems": 1}
    for name, role in made["$defs"]["Teachers"]["properties"].items():
        nothing = [] if name == "default" else [{"type": "null"}]
        role["anyOf"] = [*one["anyOf"], several, *nothing]
    teachers = made["properties"]["teachers"]
    teachers["description"] = "Who answers, by role; a text or a list alone is that of `default`."
    teachers["anyOf"] = [_SHORT, several, {"$ref": teachers.pop("$ref")}]


def study_schema() -> Schema:
    """What a study file may say."""
    return _schema_of(StudyConfig)


def _place(made: Schema, key: str, settings: Schema) -> None:
    """Put the schema of `rivals.eda` (or `dasd`) at its place."""
    *parents, last = key.split(".")
    place = made["properties"]
    for name in parents:
        place = place[name]["properties"]
    place[last] = place.get(last, {}) | settings


def _schema_of(model: type[BaseModel]) -> Schema:
    return {"$schema": DIALECT} | model.model_json_schema(schema_generator=_Described)


class _Described(GenerateJsonSchema):
    """Fields are described by the docstrings under them; no titles, which repeat the names."""

    def model_schema(self, schema: Any) -> Schema:
        """An object, its fields described."""
        made = super().model_schema(schema)
        made.pop("title", None)
        model: type[BaseModel] = schema["cls"]
        for name, text in field_docs(model).items():
            made["properties"][model.model_fields[name].alias or name]["description"] = text
        return made

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never."""
        return False


def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """Field → the docstring under it, in one line, inherited ones included; None is YAML's null.

    Read when asked for: pydantic's own `use_attribute_docstrings` would read all sources at each
    start of every command.
    """
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if not issubclass(base, BaseModel) or base in (BaseModel, Teachers):
            continue  # Teachers is made out of the table of roles and has no source
        body = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, below in zip(body.body, body.body[1:], strict=False):
            match field, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    found[name] = re.sub(r"\bNone\b", "null", " ".join(text.split()))
    return found
