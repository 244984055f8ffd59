"""Every link of the docs and the README goes somewhere; the site builds and fetches nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, anchors, links

PAGES = sorted(DOCS.rglob("*.md"))
TOP = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


@pytest.mark.parametrize("page", PAGES + TOP, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_goes_somewhere(page: Path) -> None:
    dead = []
    for link in links(page.read_text(encoding="utf-8")):
        if re.match(r"https?://|mailto:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (
            anchor and anchor not in anchors(target.read_text(encoding="utf-8"))
        ):
            dead.append(link)
    assert not dead


def test_a_page_of_the_site_links_within_it() -> None:
    """What lies outside docs/ is not on the site: its address there would be dead."""
    outside = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in PAGES
        for link in links(page.read_text(encoding="utf-8"))
        if not re.match(r"https?://|mailto:|#", link)
        and not (page.parent / link.partition("#")[0]).resolve().is_relative_to(DOCS)
    ]
    assert not outside


def test_every_page_stands_in_the_navigation() -> None:
    named = set(re.findall(r'"([\w/.-]+\.md)"', (ROOT / "zensical.toml").read_text("utf-8")))
    pages = {str(page.relative_to(DOCS)) for page in PAGES}
    assert {one for one in pages if not one.startswith("results/")} <= named <= pages


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 700


@pytest.mark.skipif(
    find_spec("zensical") is None, reason="needs the extra: pip install -e '.[docs]'"
)
def test_the_site_builds_and_fetches_nothing(tmp_path: Path) -> None:
    shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stdout + built.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) >= len(PAGES)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        fetched = re.findall(
            r"<(?:script|img|iframe|link)[^>]*(?:src|href)=\"?(?:https?:)?//[^\">]+", text
        )
        assert not fetched, page
