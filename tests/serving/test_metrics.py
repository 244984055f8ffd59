from __future__ import annotations

import re

from evokd.serving.metrics import Counter, Histogram, Metrics, counted

LINE = re.compile(r'[a-z_]+(\{[a-z]+="(\\.|[^"\\\n])*"(,[a-z]+="(\\.|[^"\\\n])*")*\})? [0-9.e+-]+')


def test_a_histogram_adds_up() -> None:
    made = Histogram("h", "said", (1, 2.5))
    for value in (0.5, 1, 2, 99):
        made.observe(value)
    assert list(made.lines()) == [
        'h_bucket{le="1"} 2',
        'h_bucket{le="2.5"} 3',
        'h_bucket{le="+Inf"} 4',
        "h_sum 102.5",
        "h_count 4",
    ]
    assert made.count == 4


def test_labels_are_escaped_and_in_order() -> None:
    made = Counter("c_total", "said")
    made.add(status="503", path='a"b\\c\nd')
    made.add(2, path='a"b\\c\nd', status="503")
    (line,) = made.lines()
    assert line == 'c_total{path="a\\"b\\\\c\\nd",status="503"} 3'
    assert LINE.fullmatch(line)


def test_a_page_is_in_the_format() -> None:
    metrics = Metrics()
    metrics.requests.add(path="/predict", status="200")
    metrics.batch(4, 0.25)
    text = metrics.page({"g": ("a gauge", 0.5)}, counted("x_total", "said", "kind", {"a": 1}))
    assert text.endswith("\n")
    typed: set[str] = set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            typed.add(line.split()[2])
        elif not line.startswith("# HELP "):
            assert LINE.fullmatch(line), line
            name = re.sub(r"_(bucket|sum|count)$", "", re.split(r"[{ ]", line)[0])
            assert name in typed, f"{name} has no type"
    assert {"evokd_requests_total", "evokd_batch_texts", "g", "x_total"} <= typed
