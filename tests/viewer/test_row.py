"""The page of a row: what was said to make it, what it was to others, why it was turned down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evokd.store.events import Analysed, Drafted, Judged, Kept, Retested, Seeded, Voted
from evokd.viewer.visible import CUT
from tests.runs.made_run import Made, Maker, make_run
from tests.viewer.conftest import Browse
from tests.viewer.test_web import HOSTILE, Page


def text_of(html: str) -> str:
    return " ".join(Page(html.replace("</dt>", " </dt>")).text.split())


def row(browse: Browse, path: Path, name: str, more: str = "") -> tuple[str, str]:
    answer = browse(path.parent).get(f"/row?run={path.name}&row={name}{more}")
    assert answer.status_code == 200, answer.text[:500]
    return answer.text, text_of(answer.text)


def test_prompts_and_replies_stand_in_the_page(made: Made, browse: Browse) -> None:
    html, text = row(browse, made.path, "r001-h001")
    assert html.count('<details class="exchange">') == 3
    for part in ("the analysis before it: analyst", "wrote it: hard_generator",
                 "labelled it (1): labeler", "system be brief user write a review",
                 "reply Great phone.", "reply positive"):  # fmt: skip
        assert part in text, part
    # what the page showed before
    for part in ("kind hard", "label positive", "fate trained", "round 1", "its share of tokens",
                 "Rows it answers", "It mixes both.", "Calls behind it", "labeler 1: positive",
                 "ballot: accept as positive: good", "before it trained on it: negative (0.600)",
                 "Test macro-F1 before and after its round: 0.500 → 0.600",
                 "The analysis of round 2 saw it", "Texts that answer it"):  # fmt: skip
        assert part in text, part


def test_a_rejected_row_says_who_and_why_and_how_they_voted(made: Made, browse: Browse) -> None:
    _, text = row(browse, made.path, "r001-h002")
    assert "Rejected by ballot: duplicate Votes: 1 × negative." in text
    assert "Nothing, for it was rejected by ballot: duplicate" in text
    assert "Nothing (yet)" not in text


def test_a_row_that_a_critic_sent_back_and_its_successor(tmp_path: Path, browse: Browse) -> None:
    maker = Maker(tmp_path / "runs" / "one")
    maker.round(1, ["Good."])
    critic = maker.call(1, "ballot", "critic", "no")
    old = Drafted(row="r001-h007", text="Bad.", kind="hard", intended_label="negative", parents=[])
    maker.emit(old, 1, "hard_generator")
    judged = Judged(
        row="r001-h007", by="critic", action="retry", label=None, reason=HOSTILE, call=critic
    )
    maker.emit(judged, 1, "critic")
    maker.emit(old.model_copy(update={"row": "r001-h008", "rewrites": ["r001-h007"]}), 1, "hard")
    maker.end()
    html, text = row(browse, tmp_path / "runs" / "one", "r001-h007")
    assert "Sent back by critic: <script>" in text and "<img" not in html
    assert "Written again as r001-h008" in text and "judged it (critic)" in text
    assert f"/call?run=one&amp;call={critic}" in html
    _, text = row(browse, tmp_path / "runs" / "one", "r001-h008")
    assert "Written instead of r001-h007 “Bad.”, which was sent back: <script>" in text
    assert "Nothing yet: its round" in text or "Nothing: no analysis" in text


@pytest.mark.parametrize(
    ("mark", "said"),
    [("uncertain", "uncertain"), ("confident", "a confident mistake"), ("wrong", "an error"),
     ("nonsense", "an error"), ("right", "right")],
)  # fmt: skip
def test_a_parent_is_called_what_it_was(made: Made, browse: Browse, mark: str, said: str) -> None:
    folder = made.path / "rounds" / "002"
    folder.mkdir(parents=True)
    document = {"rows": [{"row": "r001-h001", "mark": mark}, 7], "cited": []}
    (folder / "analysis.json").write_text(json.dumps(document), encoding="utf-8")
    html, _ = row(browse, made.path, "r002-h001")
    (line,) = [part for part in html.split("<tr>") if 'row=r001-h001"' in part and "<th" in part]
    assert f"<td>{said}</td>" in line
    _, text = row(browse, made.path, "r001-h001")
    assert f"The analysis of round 2 saw it (shown as {said}, cited)" in text


def test_without_a_file_the_students_verdict_says_it(tmp_path: Path, browse: Browse) -> None:
    maker = Maker(tmp_path / "runs" / "one")
    seed = Seeded(row="train-2", text="Fine.", label="positive")
    maker.emit(seed, 0, "warm_up")
    for name, predicted in (("train-1", "positive"), ("train-2", "positive")):
        label = "negative" if name == "train-1" else "positive"
        said = Retested(row=name, label=label, predicted=predicted, confidence=0.5, trained=True)
        maker.emit(said, 0, "trainer")
    maker.emit(Analysed(text="x", right=[], wrong=["train-1", "train-2"]), 1, "analyst")
    draft = Drafted(
        row="r001-h001", text="T", kind="hard", intended_label=None, parents=["train-1", "train-2"]
    )
    maker.emit(draft, 1, "hard_generator")
    maker.end()
    html, _ = row(browse, tmp_path / "runs" / "one", "r001-h001")
    assert "<td>an error</td>" in html and "<td>uncertain</td>" in html
    _, text = row(browse, tmp_path / "runs" / "one", "train-2")
    assert "The analysis of round 1 saw it (shown as uncertain)" in text


def test_files_tell_of_attributes_distribution_weight_and_score(
    tmp_path: Path, browse: Browse
) -> None:
    path = tmp_path / "runs" / "one"
    maker = Maker(path)
    maker.round(1, ["Great phone.", "Bad."])
    kept = Kept(row="r001-h001", policy="loss", score=1.25, kept=False)
    maker.emit(kept, 1, "keeper")
    maker.score(1, 0.6, 1, 1)
    maker.end()
    line: dict[str, Any] = json.loads((path / "synthetic.jsonl").read_text("utf-8"))
    line |= {"attributes": {"style": HOSTILE, "length": "short"}, "level": 4, "score": 1.25,
             "distribution": {"negative": 0.25, "positive": 0.75}, "student_probability": 0.125,
             "kept": False, "person": "negative"}  # fmt: skip
    (path / "synthetic.jsonl").write_text(
        f'{{"row": "x", "votes": ["r001-h001"]}}\nno json "r001-h001"\n{json.dumps(line)}\n',
        "utf-8",
    )
    (path / "rounds" / "001").mkdir(parents=True)
    (path / "rounds" / "001" / "weights.json").write_text('{"r001-h001": 1.5}', "utf-8")
    draft = {"row": "r001-h002", "attributes": {"style": "formal"}, "level": 2}
    (path / "rounds" / "001" / "drafts.jsonl").write_text(f"{json.dumps(draft)}\n", "utf-8")
    html, text = row(browse, path, "r001-h001")
    for part in ("style <script>", "length short", "level asked for 4", "weight in its round 1.5",
                 "student’s probability of the label 0.125", "probability of the label 0.900",
                 "keeper not kept loss, score 1.25", "label by a person negative",
                 "Distribution of labels: positive 0.750, negative 0.250", "fate not kept",
                 "Not kept by keeper: others scored higher by loss, it has 1.25"):  # fmt: skip
        assert part in text, part
    assert "<img" not in html
    _, text = row(browse, path, "r001-h002")
    assert "style formal" in text and "level asked for 2" in text
    (path / "synthetic.jsonl").unlink()
    for damaged in ("[1, 2", '{"r001-h001": "heavy"}'):
        (path / "rounds" / "001" / "weights.json").write_text(damaged, "utf-8")
        assert "weight in its round" not in row(browse, path, "r001-h001")[1]


def test_label_sets_stand_as_words(tmp_path: Path, browse: Browse) -> None:
    path = tmp_path / "runs" / "one"
    maker = Maker(path, kind="multilabel")
    maker.round(1, ["Great phone."])
    both, none = '["negative","positive"]', "[]"
    text = Drafted(row="r001-h005", text="T", kind="hard", intended_label=both, parents=[])
    maker.emit(text, 1, "hard_generator")
    call = maker.call(1, "hard_generator", "labeler", both)
    shares = {"negative": 0.9, "positive": 0.8}
    vote = Voted(row="r001-h005", call=call, voter=0, label=none, probabilities=shares)
    maker.emit(vote, 1, "labeler")
    judged = Judged(row="r001-h005", by="critic", action="relabel", label=both, reason="r")
    maker.emit(judged, 1, "critic")
    maker.synthetic[0] |= {"label": both, "intended_label": none}
    (path / "synthetic.jsonl").write_text(f"{json.dumps(maker.synthetic[0])}\n", "utf-8")
    maker.end()
    client = browse(path.parent)
    for address in ("/row?run=one&row=r001-h005", "/round?run=one&round=1", "/data?run=one",
                    f"/call?run=one&call={call}"):  # fmt: skip
        html = client.get(address).text
        shown = html.replace(client.get(f"/text?run=one&call={call}&part=reply").text, "")
        assert "negative + positive" in html or "no label" in html, address
        bare = [cell for cell in shown.split("<td>") if cell.startswith(("[&#34;", "[]"))]
        assert not bare, address
    assert "label negative + positive" in text_of(client.get("/row?run=one&row=r001-h005").text)
    filtered = Page(client.get("/data", params={"run": "one", "label": both}).text).text
    assert "1 of 1 rows" in filtered, "the address holds the label as it is"


def test_a_long_text_and_long_messages_are_one_link_away(tmp_path: Path, browse: Browse) -> None:
    long = "<b>spam</b>" * 10_000
    make_run(tmp_path / "runs" / "one", [[long, "b"]])
    client = browse(tmp_path / "runs")
    html = client.get("/row?run=one&row=r001-h001").text
    assert len(html) < 5 * CUT
    links = [link for link in Page(html).links if link.startswith("/text")]
    assert {client.get(link).text for link in links} == {long}
    assert any("row=r001-h001" in link for link in links) and any("call=" in link for link in links)


def test_one_goes_on_through_the_list_one_came_from(made: Made, browse: Browse) -> None:
    client = browse(made.path.parent)
    links = Page(client.get("/round?run=one&round=1&sort=-row").text).links
    first = next(link for link in links if link.startswith("/row") and "r001-h002" in link)
    assert "list=round" in first and "sort=-row" in first
    html = client.get(first).text
    assert "1 of 2 texts of the round that fit" in html and "data-turn" in html
    onwards = next(link for link in Page(html).links if "row=r001-h001" in link and "list=" in link)
    assert "2 of 2 texts of the round that fit" in client.get(onwards).text
    assert 'href="/round?run=one&amp;round=1&amp;sort=-row" rel="up"' in html
    data = "/row?run=one&row=r002-h001&list=data&sort=-round"
    assert "1 of 2 rows of the data that fit" in client.get(data).text
    for lost in ("list=data&q=nothing", "list=nonsense", "list=notes", ""):
        shown = client.get(f"/row?run=one&row=r001-h002&{lost}").text
        assert "2 of 2 texts of the round" in shown, lost
    assert "1 of 1 seed shots" in client.get("/row?run=one&row=train-1").text
