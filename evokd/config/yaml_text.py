"""Writing YAML that comes back as it was, through the loader of configs."""

from __future__ import annotations

import re
from typing import Any

import yaml

SCIENTIFIC = (
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
    list("-+.0123456789"),
)
"""YAML 1.1, which PyYAML knows, reads `1e4` as text; numbers here are what YAML 1.2 says."""
ENDLESS = 2**30
"""Columns; PyYAML breaks longer lines."""


class _Dumper(yaml.SafeDumper):
    """Quotes a text such as `1e4`, which the loader would take for a number."""


_Dumper.add_implicit_resolver(*SCIENTIFIC)


def dump_yaml(document: Any, *, flow: bool = False, lines: bool = True) -> str:
    """A document as YAML, keys in its own order, any script as it is.

    Args:
        document: Of mappings, lists and plain values.
        flow: `{a: b}` instead of a line for each.
        lines: Break long lines.
    """
    return yaml.dump(
        document,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=flow,
        width=None if lines else ENDLESS,
    )
