"""The server at a port: right answers, many clients, clients that misbehave, an orderly end."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from evokd.config import ConfigError
from evokd.runs.answers import answers, load_student
from evokd.serving.guard import TOKEN
from evokd.serving.limits import Limits
from tests.servers.fake_chat import FakeChat
from tests.servers.mischief import every, slow
from tests.serving.conftest import Serve
from tests.serving.described import misfits
from tests.serving.running import Running
from tests.serving.teacher import BRAIN, balances, books, kept, write_config

TEXTS = ["a sturdy lid 😀", "the broken lamp is sad", "it", "lovely\nlid"]
QUICK = Limits(receive_s=3.0, timeout_s=60.0)


def test_it_says_what_predict_says(serve: Serve, folder: Path) -> None:
    student = load_student(folder)
    with serve() as server:
        document = server.ask("GET", "/openapi.json").data
        for options in ({}, {"probabilities": True}, {"abstain_below": 0.9}):
            expected = answers(student, TEXTS, **options)
            many = server.predict({"texts": TEXTS, **options})
            assert many.status == 200 and _rounded(many.data["answers"]) == _rounded(expected)
            assert not list(misfits("Answers", document, many.data))
            for text, line in zip(TEXTS, expected, strict=True):
                one = server.predict({"text": text, **options}).data
                assert _rounded([one]) == _rounded([line])
        assert server.metric("evokd_texts_total") == 6 * len(TEXTS)


def _rounded(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the last bits, which change with what else is in a batch."""
    made: list[dict[str, Any]] = json.loads(
        json.dumps(lines), parse_float=lambda digits: round(float(digits), 4)
    )
    return made


def test_many_clients_share_passes(serve: Serve) -> None:
    with serve(limits=Limits(wait_ms=100, timeout_s=60)) as server, ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda n: server.predict({"text": f"lid {n}"}), range(48)))
        assert [one.status for one in found] == [200] * 48
        assert [one.data["text"] for one in found] == [f"lid {n}" for n in range(48)]
        assert server.metric("evokd_batch_texts_sum") == 48
        assert server.metric("evokd_batch_texts_count") < 48
        assert server.metric('evokd_requests_total{path="/predict",status="200"}') == 48


def test_who_misbehaves_is_answered_and_others_are_served(serve: Serve) -> None:
    limits = Limits(max_bytes=10_000, max_texts=4)
    with serve(limits=limits) as server:
        huge = server.predict({"text": "x" * 100_000})
        assert huge.status == 413 and "at most 10,000 bytes" in huge.data["error"]
        host = ":".join(map(str, server.place)).encode()
        asks = HEAD % host + b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"
        assert b" 413 " in _silent(server, asks).splitlines()[0]
        assert server.predict(b'{"text": ').status == 400
        assert server.predict({"texts": ["a"] * 5}).status == 413
        assert server.ask("POST", "/predict", b'{"text": "a"}').status == 415
        assert server.ask("GET", "/predict").status == 405
        assert server.ask("GET", "/nothing").status == 404
        for name in ("evil.example", "127.0.0.1:1"):
            assert server.ask("GET", "/metrics", headers={"Host": name}).status == 421
        assert server.predict({"text": "a lid"}).status == 200
        assert server.ask("GET", "/healthz").data == {"status": "ok"}


def _silent(server: Running, sent: bytes) -> bytes:
    """What comes back over a connection whose client says this and then nothing."""
    with socket.create_connection(server.place, timeout=30) as connection:
        connection.sendall(sent)
        found = b""
        with contextlib.suppress(ConnectionError):
            while part := connection.recv(4096):
                found += part
        return found


HEAD = b"POST /predict HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\n"


def test_slow_clients_hold_up_nobody(serve: Serve) -> None:
    with serve(limits=QUICK) as server, ThreadPoolExecutor(8) as pool:
        host = ":".join(map(str, server.place)).encode()
        head = HEAD % host + b"Content-Length: 100\r\n\r\n"
        half = [b"", b"POST /pre", head[:60], head + b'{"text": ']
        waiting = [pool.submit(_silent, server, sent) for sent in half]
        began = time.monotonic()
        assert server.predict({"text": "a lid"}).status == 200
        found = [one.result(60) for one in waiting]
        assert time.monotonic() - began >= 2.5
        assert all(b" 408 " in one.splitlines()[0] for one in found)
        assert b"did not arrive within 3 s" in found[3]
        assert server.metric('evokd_requests_total{path="other",status="408"}') == 3
        assert b" 400 " in _silent(server, b"\x00\xff nonsense\r\n\r\n")


def test_a_full_queue_is_said(serve: Serve, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    student, gate = load_student(folder), threading.Event()
    real = student.verdicts
    monkeypatch.setattr(student, "verdicts", lambda texts: gate.wait(60) and real(texts))
    monkeypatch.setattr("evokd.serving.server.load_student", lambda _: student)
    limits = Limits(queue=4, max_texts=2, wait_ms=0, batch=2, timeout_s=60)
    with serve(limits=limits) as server, ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(server.predict, {"texts": [f"{n}", "b"]}) for n in range(20)]
        # one is in the student's hands, two in the queue; one more fits where that begins late
        while sum(one.done() for one in asked) < 17:
            time.sleep(0.01)
        gate.set()
        found = [one.result(60) for one in asked]
        statuses = Counter(one.status for one in found)
        assert statuses[200] in (2, 3) and statuses[200] + statuses[503] == 20
        refused = next(one for one in found if one.status == 503)
        assert int(refused.headers["retry-after"]) >= 1 and "no room" in refused.data["error"]
        assert server.metric("evokd_queue_texts") == 0


def test_connections_have_a_limit(serve: Serve) -> None:
    with serve(limits=Limits(connections=3, receive_s=60)) as server:
        held = [socket.create_connection(server.place, timeout=30) for _ in range(3)]
        turned_away = _silent(server, b"")
        assert b" 503 " in turned_away and b"Retry-After: 1" in turned_away
        for one in held:
            one.close()
        until = time.monotonic() + 60
        while server.ask("GET", "/healthz").status != 200:
            assert time.monotonic() < until
        assert server.metric('evokd_requests_total{path="other",status="503"}') >= 1


def test_others_bring_a_token(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=TOKEN), serve(host="0.0.0.0"):
        pass
    monkeypatch.setenv(TOKEN, "short")
    with pytest.raises(ConfigError, match="at least 16"), serve(host="0.0.0.0"):
        pass
    token = "a-token-of-some-length"
    monkeypatch.setenv(TOKEN, token)
    with serve(host="0.0.0.0") as server:
        assert not server.at.loopback and token not in server.at.address
        assert server.ask("GET", "/healthz", headers={"Host": "any.name"}).status == 200
        for path in ("/metrics", "/docs", "/openapi.json", "/nothing"):
            refused = server.ask("GET", path)
            assert refused.status == 401 and refused.headers["www-authenticate"] == "Bearer"
        for wrong in ("", "Bearer", f"Basic {token}", f"Bearer {token}x", "Bearer \xe9"):
            assert server.predict({"text": "a"}, Authorization=wrong).status == 401
        assert server.predict({"text": "a"}, Authorization=f"bearer {token}").status == 200
        assert (
            TOKEN
            in server.ask(
                "GET", "/docs", headers={"Authorization": f"Bearer {token}"}
            ).body.decode()
        )


def test_an_end_answers_what_was_accepted(serve: Serve) -> None:
    with serve(limits=Limits(wait_ms=1000)) as server, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(server.predict, {"texts": [f"lid {n}" for n in range(4)]})
        while server.metric("evokd_queue_texts") < 4 and not asked.done():
            time.sleep(0.01)
        server.stop()
        found = asked.result(60)
        assert found.status == 200 and len(found.data["answers"]) == 4
    with pytest.raises(OSError):
        server.ask("GET", "/healthz")


def test_the_teacher_labels_what_the_student_is_unsure_of(serve: Serve, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with FakeChat(BRAIN) as teacher:
        config = write_config(tmp_path, teacher.url, budget={"calls": 3})
        with serve(teacher=config, out=out, below=1.0) as server:
            [first, second] = server.predict(
                {"texts": ["positive lid", "negative lamp"], "probabilities": True}
            ).data["answers"]
            assert (first["label"], first["by"], first["abstained"]) == (
                "positive",
                "teacher",
                False,
            )
            assert second["label"] == "negative" and first["likeliest"] in first["probabilities"]
            for n in range(2):
                assert server.predict({"text": f"a positive {n}"}).data["by"] == "teacher"
            spent = server.predict({"text": "one negative more"}).data
            assert (spent["label"], spent["abstained"], spent["by"]) == (None, True, "student")
            assert spent["likeliest"] in ("negative", "positive")
            assert spent["reason"] == "budget.calls is reached"
            assert server.metric("evokd_teacher_budget_reached") == 1
            assert server.metric('evokd_teacher_calls_total{status="ok"}') == 3
            billed = server.metric('evokd_teacher_tokens_total{kind="prompt"}')
            assert billed == teacher.bill.prompt_tokens
            assert server.metric('evokd_teacher_texts_total{outcome="unlabelled"}') == 1
        balances(out, teacher)
    assert [row["label"] for row in kept(out)] == ["positive", "negative", "positive", "positive"]


def test_a_sure_student_asks_nobody(serve: Serve, tmp_path: Path) -> None:
    config = write_config(tmp_path, None)
    with serve(teacher=config, out=tmp_path / "out", below=0.01) as server:
        line = server.predict({"text": "a lid"}).data
        assert line["by"] == "student" and line["abstained"] is False
        least = server.predict({"text": "a lid", "abstain_below": 1}).data
        assert least["label"] is None and least["by"] == "student" and "reason" not in least
    assert books(tmp_path / "out")["billed"]["calls"] == 0


def test_a_slow_teacher_costs_an_abstention_and_no_row(serve: Serve, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with FakeChat(BRAIN, every(1, slow(3.0))) as teacher:
        config = write_config(tmp_path, teacher.url)
        limits = Limits(timeout_s=2.0)
        with serve(teacher=config, out=out, below=1.0, limits=limits) as server:
            line = server.predict({"text": "a positive lid"}).data
            assert line["abstained"] and "not answered in time" in line["reason"]
            while not server.metric('evokd_teacher_rows_total{outcome="kept"}'):
                time.sleep(0.1)
            assert server.predict({"text": "a positive lid"}).data["by"] == "teacher"
        balances(out, teacher)
    assert [row["label"] for row in kept(out)] == ["positive"]
