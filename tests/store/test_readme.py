"""A README.md taken apart and put together: nothing is lost, and a fence holds no section."""

from __future__ import annotations

import pytest

from evokd.config import ConfigError
from evokd.store.readme import Readme
from student.card import render_card
from tests.student.test_card import CARD, NASTY

TEXT = """\
---
license: mit
---

# A title

Words.

## One

```yaml
## no section
```

````
```
## none either
```
````

## Two

| a | b |
| --- | --- |
"""


def test_sections_stand_in_their_order() -> None:
    found = Readme.of(TEXT)
    assert found.front == {"license": "mit"} and found.head == "# A title\n\nWords."
    assert list(found.sections) == ["One", "Two"] and "## none either" in found.sections["One"]
    assert found.text() == TEXT


def test_a_run_s_card_comes_back_as_it_was() -> None:
    from dataclasses import replace

    for name in ("plain", NASTY):
        card = render_card(replace(CARD, name=name, config="a: |\n  ## x\n"))
        assert Readme.of(card).text() == card


def test_a_section_is_put_anew_or_before_another() -> None:
    found = Readme.of(TEXT)
    found.put("Two", "## Two\n\nnew")
    found.put("Half", "## Half\n\nx", before="Two")
    found.put("Last", "## Last\n\ny", before="Nowhere")
    found.put("Empty", "")
    assert list(found.sections) == ["One", "Half", "Two", "Last"]
    assert found.text().endswith("## Two\n\nnew\n\n## Last\n\ny\n")


def test_no_front_matter_and_a_broken_one() -> None:
    assert Readme.of("# x\n").front == {}
    for broken in ("---\na: 1\n", "---\na: [\n---\n", "---\n- a\n---\n"):
        with pytest.raises(ConfigError, match=r"README\.md"):
            Readme.of(broken)
