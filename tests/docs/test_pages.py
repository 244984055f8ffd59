"""The reader of pages itself: what it takes for a step, and what it misses nothing of."""

from __future__ import annotations

import pytest

from tests.docs.pages import Command, File, anchors, links, missing, steps

PAGE = """\
# A title: `code`, and [a link](x.md#y)

<!-- off: not there yet -->
```console
$ evokd new
```

```yaml title="a.yaml"
a: 1
```

<!-- exit 2 -->
```console
$ evokd run a.yaml
…
wrong
$ evokd run b.yaml
```

`[no link](z.md)`
"""


def test_steps_in_their_order_and_none_that_is_off() -> None:
    assert list(steps(PAGE)) == [
        File("a.yaml", "a: 1\n"),
        Command("evokd run a.yaml", ("…", "wrong"), 2),
        Command("evokd run b.yaml", (), 2),
    ]


@pytest.mark.parametrize(
    ("promised", "gap"),
    [
        (("one", "three  …"), None),
        (("three 3", "one"), "one"),
        (("on",), "on"),
        (("…", "four"), "four"),
    ],
)
def test_a_promise_that_is_not_kept_is_named(promised: tuple[str, ...], gap: str | None) -> None:
    assert missing(promised, "one\n two\nthree   3\n") == gap


def test_links_and_headings() -> None:
    assert links(PAGE) == ["x.md#y"]
    assert anchors(PAGE) == {"a-title-code-and-a-link"}
