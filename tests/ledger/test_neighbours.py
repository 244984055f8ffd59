from __future__ import annotations

from pathlib import Path

import pytest

from evokd.ledger.neighbours import beside, of_round
from evokd.runs.counterparts import Counterpart, around, in_other_run
from evokd.runs.files import Unreadable, reading
from evokd.runs.run import Run
from tests.runs.made_run import make_run


def test_the_calls_of_a_role_one_after_another(tmp_path: Path) -> None:
    made = make_run(tmp_path / "one")
    with reading(made.path, "ledger.sqlite") as db:
        numbers = dict(db.execute("SELECT id, seq FROM calls").fetchall())
        analysts = [made.calls[0], made.calls[5]]
        assert beside(db, "analyst", numbers[analysts[0]], after=True) == analysts[1]
        assert beside(db, "analyst", numbers[analysts[1]], after=False) == analysts[0]
        assert beside(db, "analyst", numbers[analysts[0]], after=False) is None
        assert beside(db, "nobody", 3, after=True) is None
        assert [one["id"] for one in of_round(db, "labeler", 2)] == [made.calls[7], made.calls[9]]
        assert [one["id"] for one in of_round(db, "labeler", None)] == [made.calls[2]]
        assert of_round(db, "labeler", 9) == []


def test_counterparts(tmp_path: Path) -> None:
    made = make_run(tmp_path / "one")
    run = Run("one", made.path)
    book = {"agent": "labeler", "round": 2, "slot": "text-0", "voter": 0}
    assert in_other_run(run, book) == Counterpart(made.calls[7], "the same place of round 2")
    first = Counterpart(made.calls[7], "the first of its role in round 2")
    assert in_other_run(run, book | {"slot": "another"}) == first
    first = Counterpart(made.calls[2], "the first of its role in round 1")
    assert in_other_run(run, book | {"round": 9}) == first
    assert in_other_run(run, {"agent": "labeler"}) == first
    assert in_other_run(run, {}) is None
    assert around(run, {"agent": "labeler"}).before is None
    with pytest.raises(Unreadable):
        in_other_run(Run("no", tmp_path), book)
