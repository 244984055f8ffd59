"""Headers of GGUF files, whole and broken."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evokd.config import ConfigError
from evokd.store.gguf_header import GGUFHeader, read_header
from evokd.store.models import TEACHERS, state_of
from tests.store.made_gguf import save_gguf


def test_a_whole_one(tmp_path: Path) -> None:
    file = save_gguf(tmp_path / "a.gguf", rows=3)
    assert read_header(file) == GGUFHeader(parameters=96, context=4096, chat_template=True)
    bare = save_gguf(tmp_path / "b.gguf", template=None, context=None)
    assert read_header(bare) == GGUFHeader(parameters=256, context=None, chat_template=False)


def test_read_anew_when_it_changed(tmp_path: Path) -> None:
    file = save_gguf(tmp_path / "a.gguf", rows=3)
    read_header(file)
    save_gguf(file, rows=5)
    assert read_header(file).parameters == 160


def test_what_is_none(tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    with pytest.raises(ConfigError, match=r"a\.gguf: can't be read \(No such file"):
        read_header(file)
    with pytest.raises(ConfigError, match="is no file"):
        read_header(tmp_path)
    for content in (b"", b"GG", b"PK\x03\x04" * 20):
        file.write_bytes(content)
        with pytest.raises(ConfigError, match="is no GGUF"):
            read_header(file)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9, 0.99, 0.999])
def test_cut_off(tmp_path: Path, share: float) -> None:
    whole = save_gguf(tmp_path / "a.gguf").read_bytes()
    file = tmp_path / "cut.gguf"
    file.write_bytes(whole[: max(4, int(len(whole) * share))])
    with pytest.raises(ConfigError, match="cut off or damaged"):
        read_header(file)


def test_counts_without_end(tmp_path: Path) -> None:
    """Neither memory nor time goes where the file only says that much is to come."""
    file = tmp_path / "a.gguf"
    for tensors, values in ((2**63, 0), (0, 2**63), (2**31, 2**31)):
        file.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, tensors, values) + b"\0" * 64)
        with pytest.raises(ConfigError, match="cut off or damaged"):
            read_header(file)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(at=st.integers(4, 900), value=st.integers(0, 255), more=st.binary(max_size=8))
def test_damage_is_a_config_error_or_nothing(
    tmp_path: Path, at: int, value: int, more: bytes
) -> None:
    content = bytearray(save_gguf(tmp_path / "a.gguf", words=9).read_bytes())
    content[at : at + 1 + len(more)] = bytes([value]) + more
    file = tmp_path / "b.gguf"
    file.write_bytes(content)
    try:
        read_header(file)
    except ConfigError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("name", list(TEACHERS))
def test_the_catalogue_tells_the_truth(name: str) -> None:
    state, path = state_of(name)
    if state != "here" or path is None:
        pytest.skip(f"{name} is {state} on this machine: `evokd models get {name}`")
    header = read_header(path)
    assert header.parameters == TEACHERS[name].parameters
    assert path.stat().st_size == TEACHERS[name].size
    assert header.chat_template and header.context
