from pathlib import Path

import numpy as np
import pytest

from evokd.config import StudentConfig
from student.encoder import base_embeddings as module
from student.encoder.base_embeddings import base_embeddings, cache_folder

TEXTS = ["The lid cracked on day one.", "Arrived late again.", "Works well."]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_kept_vectors_are_not_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = base_embeddings(StudentConfig(), "classification", TEXTS, keep=True)
    assert first.shape == (3, 384)
    assert first.dtype == np.float32
    assert len(list(cache_folder().iterdir())) == 1

    def never(*_: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(module, "embeddings", never)
    assert (base_embeddings(StudentConfig(), "classification", TEXTS, keep=True) == first).all()
    with pytest.raises(AssertionError, match="computed again"):  # of other texts
        base_embeddings(StudentConfig(), "classification", TEXTS[:2], keep=True)


def test_a_damaged_file_is_written_anew() -> None:
    first = base_embeddings(StudentConfig(), "classification", TEXTS, keep=True)
    (file,) = cache_folder().iterdir()
    file.write_bytes(b"not a tensor")
    again = base_embeddings(StudentConfig(), "classification", TEXTS, keep=True)
    assert (again == first).all()
    assert file.stat().st_size > 1000


def test_a_text_has_its_own_place_whatever_stands_beside_it() -> None:
    whole = base_embeddings(StudentConfig(), "classification", TEXTS)
    alone = base_embeddings(StudentConfig(), "classification", TEXTS[2:])
    assert np.allclose(whole[2], alone[0], atol=1e-5)
    assert not list(cache_folder().parent.glob("embeddings/*"))


def test_no_texts_at_all() -> None:
    assert base_embeddings(StudentConfig(), "classification", []).shape == (0, 0)
