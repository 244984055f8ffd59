from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from prompts.pack import HERE, Pack
from prompts.sources import sources_of


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("pack", ["evokd", "small"])
def test_every_template_of_a_pack_is_found_by_its_hash(pack: str) -> None:
    for role, template in Pack.load(pack, "en").templates.items():
        found = sources_of(template.name, template.sha)
        assert found is not None and list(found) == [f"{role}.j2"]
        assert sha(found[f"{role}.j2"]) == template.sha


def test_one_for_a_kind() -> None:
    template = Pack.load("evokd", "en", "ner").templates["labeler"]
    assert template.name == "evokd/en/ner/labeler"
    assert sources_of(template.name, template.sha) is not None
    assert sources_of("evokd/en/labeler", template.sha) is None


def test_one_with_another_inside() -> None:
    """As `Pack.prompt` books a generator's: the hashes of both, one after the other."""
    own, brief = (sha((HERE / "evokd" / "en" / f"{name}.j2").read_text())
                  for name in ("hard_generator", "brief"))  # fmt: skip
    found = sources_of("evokd/en/hard_generator", sha(own + brief))
    assert found is not None and list(found) == ["hard_generator.j2", "brief.j2"]


def test_a_pack_of_ones_own_that_extends_another(tmp_path: Path) -> None:
    pack = tmp_path / "mine"
    (pack / "en").mkdir(parents=True)
    (pack / "pack.yaml").write_text("extends: evokd\n")
    (pack / "en" / "critic.j2").write_text("{% call user() %}mine{% endcall %}")
    own = sources_of("mine/en/critic", sha("{% call user() %}mine{% endcall %}"), str(pack))
    assert own is not None and "mine" in own["critic.j2"]
    below = Pack.load("evokd", "en").templates["analyst"]
    assert sources_of("mine/en/analyst", below.sha, str(pack)) is not None
    (pack / "en" / "critic.j2").write_text("changed")
    assert sources_of("mine/en/critic", sha("mine"), str(pack)) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x",
        "evokd/../../etc/passwd",
        "../evokd/en",
        "nobody/en/critic",
        "a/b/c/d/e",
        "evokd//critic",
    ],
)
def test_names_that_are_none(name: str) -> None:
    assert sources_of(name, "0" * 64) is None
