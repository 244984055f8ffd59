"""The OpenAPI document as one page: made here, so that it needs no script and no network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from evokd.serving.guard import TOKEN

STYLE = """\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: .8rem; border: 1px solid #8886; border-radius: .4rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
  border-bottom: 1px solid #8884; }
h2 { margin-top: 2.2rem; } h3 code { font-size: 1.1rem; }
.method { text-transform: uppercase; font-weight: 700; }
"""
POLICY = (
    f"default-src 'none'; style-src 'sha256-"
    f"{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode('ascii')}';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing but this one style sheet holds on the page."""


def page(document: Mapping[str, Any], address: str) -> str:
    """The page.

    Args:
        document: Of `evokd.serving.openapi`.
        address: Where the server is reached, for the example; from a request, so it is escaped.
    """
    info = document["info"]
    parts = [
        f"<h1>{escape(info['title'])}</h1>",
        f"<p>{escape(info['description'])} evokd {escape(info['version'])};"
        ' the same for machines: <a href="/openapi.json">openapi.json</a></p>',
        f"<pre>{escape(_curl(document, address))}</pre>",
    ]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parts += _operation(path, method, operation)
    parts.append("<h2>Schemas</h2>")
    for name, schema in document["components"]["schemas"].items():
        parts += _schema(name, schema)
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(info['title'])}</title><style>{STYLE}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


def _curl(document: Mapping[str, Any], address: str) -> str:
    content = document["paths"]["/predict"]["post"]["requestBody"]["content"]
    example = json.dumps(content["application/json"]["example"], ensure_ascii=False)
    lines = [f"curl {address}/predict", "-H 'Content-Type: application/json'"]
    if "security" in document:
        lines.append(f'-H "Authorization: Bearer ${TOKEN}"')
    return " \\\n  ".join([*lines, f"-d '{example}'"])


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Iterable[str]:
    yield f'<h2><span class="method">{escape(method)}</span> <code>{escape(path)}</code></h2>'
    yield f"<p>{_words(operation['summary'])}</p>"
    body = operation.get("requestBody")
    if body is not None:
        schema = body["content"]["application/json"]["schema"]
        yield f"<p>Body: {_type(schema)}. {_words(body['description'])}</p>"
    answers = [
        (f"<code>{escape(status)}</code>", _words(answer["description"]), _media(answer))
        for status, answer in operation["responses"].items()
    ]
    yield _table(("status", "what it says", "body"), answers)


def _words(text: str) -> str:
    """A text of the document as HTML; what stands between backticks is code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


_CODE = re.compile("`([^`]*)`")


def _media(answer: Mapping[str, Any]) -> str:
    return "; ".join(
        _type(content["schema"]) if "schema" in content else f"<code>{escape(media)}</code>"
        for media, content in answer["content"].items()
    )


def _schema(name: str, schema: Mapping[str, Any]) -> Iterable[str]:
    yield f'<h3 id="{escape(name)}"><code>{escape(name)}</code></h3>'
    said = schema.get("description")
    if said:
        yield f"<p>{_words(said)}</p>"
    properties = schema.get("properties")
    if properties is None:
        yield f"<p>{_type(schema)}</p>"
        return
    needed = schema.get("required", ())
    rows = [
        (
            f"<code>{escape(key)}</code>{' (always)' if key in needed else ''}",
            _type(value),
            _words(str(value.get("description", ""))),
        )
        for key, value in properties.items()
    ]
    yield _table(("field", "type", "what it means"), rows)


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in a few words, as HTML."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema and "properties" not in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(
            f"<code>{escape(json.dumps(one, ensure_ascii=False))}</code>" for one in schema["enum"]
        )
    said = str(schema.get("type", "anything"))
    if "items" in schema:
        said += " of "
    bounds = [f"{words} {schema[key]}" for key, words in _BOUNDS.items() if key in schema]
    items = _type(schema["items"]) if "items" in schema else ""
    return escape(said) + items + (f" ({escape(', '.join(bounds))})" if bounds else "")


_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "minLength": "characters from",
    "maxLength": "characters up to",
    "minItems": "items from",
    "maxItems": "items up to",
}


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
