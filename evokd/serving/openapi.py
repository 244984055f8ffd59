"""The OpenAPI document (3.1) of a server: what it takes and gives, with its student's labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evokd.config import TaskKind
from evokd.serving.guard import TOKEN
from evokd.serving.limits import Limits

Schema = dict[str, Any]
NAMED: frozenset[TaskKind] = frozenset({"classification", "pair", "choice"})
"""Kinds whose label is one of a list of names."""
ROWS: Mapping[TaskKind, Any] = {
    "pair": {"premise": "the lid", "hypothesis": "is great"},
    "choice": {"question": "which is it?", "choices": {"A": "the lid", "B": "the lamp"}},
}
"""An example of each kind whose text has parts; the others take a plain text."""
STATUSES: Mapping[str, str] = {
    "400": "The body is not what was expected; the message says where.",
    "401": "No token, or a wrong one.",
    "408": "The body did not arrive in time.",
    "413": "More bytes, texts or characters than the limits allow.",
    "415": "The header Content-Type is not application/json.",
    "421": "The host name is none of this server's.",
    "500": "Something went wrong here; the server's log says more.",
    "503": "No room in the queue, or not answered in time; come again after Retry-After seconds.",
}


def document(
    kind: TaskKind,
    labels: Sequence[str],
    limits: Limits,
    *,
    version: str,
    teacher: bool = False,
    token: bool = False,
) -> Schema:
    """The document.

    Args:
        kind: Of the student.
        labels: Of the student.
        limits: Stand in the schemas as far as those can say them.
        version: Of evokd.
        teacher: Texts may go to a teacher, so answers say whose they are.
        token: Requests need one.
    """
    example = ROWS.get(kind, "It does what it should.")
    made: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": "evokd student",
            "version": version,
            "description": f"A student of kind {kind}: {len(labels)} labels.",
        },
        "paths": {
            "/predict": {"post": _predict(example, limits)},
            "/healthz": {
                "get": _get("Whether the server works; needs no token.", "application/json")
            },
            "/metrics": {"get": _get("Counters in Prometheus' text format.", "text/plain")},
            "/openapi.json": {"get": _get("This document.", "application/json")},
            "/docs": {"get": _get("This document as a page.", "text/html")},
        },
        "components": {
            "schemas": {
                "Text": _text(kind, limits),
                "Request": _request(limits, example),
                "Answer": _answer(kind, labels, teacher),
                "Answers": _object({"answers": _list("Answer", "In the order of the texts.")}),
                "Error": _object({"error": {"type": "string"}}),
            }
        },
    }
    if token:
        scheme = {"type": "http", "scheme": "bearer", "description": f"The value of {TOKEN}."}
        made["components"]["securitySchemes"] = {"token": scheme}
        made["security"] = [{"token": []}]
        made["paths"]["/healthz"]["get"]["security"] = []
    return made


def _predict(example: Any, limits: Limits) -> Schema:
    answers = {"anyOf": [_ref("Answer"), _ref("Answers")]}
    return {
        "summary": "The student's verdict on a text, or on a list of them.",
        "requestBody": {
            "required": True,
            "description": f"At most {limits.max_bytes:,} bytes.",
            "content": {
                "application/json": {"schema": _ref("Request"), "example": {"text": example}}
            },
        },
        "responses": {
            "200": {
                "description": "One answer for `text`, a list for `texts`.",
                "content": {"application/json": {"schema": answers}},
            },
            **{status: _error(said) for status, said in STATUSES.items()},
        },
    }


def _get(summary: str, media: str) -> Schema:
    return {
        "summary": summary,
        "responses": {"200": {"description": "As it should be.", "content": {media: {}}}},
    }


def _error(said: str) -> Schema:
    return {"description": said, "content": {"application/json": {"schema": _ref("Error")}}}


def _text(kind: TaskKind, limits: Limits) -> Schema:
    said = "A text, or a row of data with the columns of the student's run"
    example = ROWS.get(kind)
    if example is not None:
        said = f"A row with {' and '.join(example)}, or a text with a line for each part"
    forms = [
        {"type": "string", "minLength": 1, "maxLength": limits.max_characters},
        {"type": "object"},
    ]
    return {"description": f"{said}; as `evokd predict` takes it.", "anyOf": forms}


def _request(limits: Limits, example: Any) -> Schema:
    properties = {
        "text": {**_ref("Text"), "description": "This, or `texts`."},
        "texts": {
            **_list("Text", "Several at once, answered in their order."),
            "minItems": 1,
            "maxItems": limits.max_texts,
        },
        "probabilities": {
            "type": "boolean",
            "default": False,
            "description": "Say how probable each label is.",
        },
        "abstain_below": {
            "anyOf": [{"type": "number", "exclusiveMinimum": 0, "maximum": 1}, {"type": "null"}],
            "description": "Least confidence of an answer: below it `label` is `null`.",
        },
    }
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "anyOf": [{"required": ["text"]}, {"required": ["texts"]}],
        "examples": [{"texts": [example], "probabilities": True}],
    }


def _answer(kind: TaskKind, labels: Sequence[str], teacher: bool) -> Schema:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    name: Schema = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    if kind in NAMED:
        name = {"enum": [*labels, None]}
    given: Schema = {"type": "string"}
    if kind == "multilabel":
        given = {"type": "array", "items": {"enum": list(labels)}}
        name = {"anyOf": [given, {"type": "null"}]}
    properties: Schema = {
        "text": {"type": "string", "description": "As the student read it."},
        "label": name | {"description": "`null` where nobody is sure."},
        "confidence": share | {"description": "Probability of the student's label."},
        "margin": share | {"description": "That, minus the runner-up's."},
        "probabilities": {
            "type": "object",
            "additionalProperties": share,
            "description": "By label, where asked for.",
        },
        "abstained": {
            "type": "boolean",
            "description": "Whether the confidence was too low for a label.",
        },
        "likeliest": given | {"description": "The student's label, also if it abstains."},
    }
    if teacher:
        properties |= {
            "by": {"enum": ["student", "teacher"], "description": "Whose label it is."},
            "reason": {"type": "string", "description": "Why the teacher gave no label."},
        }
    return _object(properties, required=["text", "label", "confidence", "margin"])


def _object(properties: Schema, required: Sequence[str] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else list(required),
    }


def _list(of: str, said: str) -> Schema:
    return {"type": "array", "items": _ref(of), "description": said}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
