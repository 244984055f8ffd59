from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evokd.store.artefacts import Artefacts, dumps

TEXT = st.text(alphabet=st.characters(), max_size=40)  # lone surrogates included
ROWS = st.lists(st.dictionaries(TEXT, st.one_of(TEXT, st.integers(), st.none())), max_size=5)


@given(ROWS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_put_comes_back_and_has_one_name(
    tmp_path: Path, rows: list[dict[str, object]]
) -> None:
    store = Artefacts(tmp_path)
    ref = store.put(rows)
    assert store.get(ref) == rows
    assert store.put(rows) == ref


@given(TEXT)
def test_a_line_stays_a_line_in_utf8(text: str) -> None:
    line = dumps({"text": text})
    assert len(line.splitlines()) == 1
    line.encode("utf-8")


def test_no_part_files_stay_behind(tmp_path: Path) -> None:
    Artefacts(tmp_path).put([{"a": 1}])
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".jsonl"]
