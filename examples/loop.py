"""The loop of EvoKD from top to bottom in one file: no graph, no ledger, no retries, no resume.

    python examples/loop.py [SEED [ROUNDS [TEXTS]]]

The teacher is SmolLM2 with 135 million parameters, the student MiniLM with 22 million; both run
on this machine. `evokd run examples/demo.yaml` is the same loop with all that long runs need.
"""

import json
import random
import statistics
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import httpx2

from evokd.config import StudentConfig
from evokd.tasks.metrics import score
from evokd.teacher.embedded import EmbeddedServer
from student.encoder.encoder import Encoder

DATA = Path(__file__).parent / "data" / "reviews"
LABELS = {"negative": "The buyer is unhappy.", "positive": "The buyer is happy."}
META_TALK = ("sentence", "review", "here's a", "i'm sorry", "to help", "buyer")  # words of no buyer
ANALYSE = {"temperature": 0.7, "max_tokens": 32, "stop": ["\n", "."]}
WRITE = {"temperature": 1.0, "min_p": 0.05, "top_k": 0, "max_tokens": 32, "stop": ["\n", ". "]}
LABEL = {"temperature": 0.0, "max_tokens": 1, "logprobs": True, "top_logprobs": 20}
TEACHER, HTTP = EmbeddedServer("smollm2-135m"), httpx2.Client(timeout=300, trust_env=False)
SPENT: Counter[str] = Counter()  # tokens by step, as the server reported them


@dataclass
class Row:
    """A text, its label, and what the student made of it before it learnt from it."""

    text: str
    label: str
    kind: str = "seed"
    verdict: str = ""
    margin: float = 0.0


def ask(step: str, chats: list[tuple[str, str, str]], sampling: dict[str, Any]) -> list[Any]:
    """The teacher's answers; a chat is system, user, and the words that the answer begins with."""
    url = f"{TEACHER.base_url}/chat/completions"

    def post(chat: tuple[str, str, str], seed: int) -> Any:
        turns = zip(("system", "user", "assistant"), chat, strict=True)
        messages = [{"role": role, "content": content} for role, content in turns]
        return HTTP.post(url, json={"messages": messages, "seed": seed, **sampling}).json()

    with ThreadPoolExecutor(8) as pool:  # the server works on eight at once
        replies = list(pool.map(post, chats, [random.randrange(2**31) for _ in chats]))
    SPENT[step] += sum(reply["usage"]["total_tokens"] for reply in replies)
    return [reply["choices"][0] for reply in replies]


def write(kind: str, texts: int, analysis: str, hardest: list[Row]) -> list[Row]:
    """A generator: easy texts say it plainly, hard ones go on where the student went wrong."""
    labels, chats = [list(LABELS)[number % 2] for number in range(texts)], []
    for label in labels:
        task = f"Write one short sentence of a {label} product review. {LABELS[label]}"
        start = random.choice(("The", "This", "It", "I", "My"))  # else: "Here is a sentence that …"
        if kind == "hard":
            task = f"{analysis}\nWrite {label} product reviews like that. {LABELS[label]}"
            start = f"- {random.choice([r.text for r in hardest if r.label == label])}\n- {start}"
        chats.append(("", task, start))
    answers = ask(f"{kind}_generator", chats, WRITE)  # each repeats how it began
    lines = [answer["message"]["content"].splitlines()[-1] for answer in answers]
    return [Row(line.lstrip("- "), label, kind) for line, label in zip(lines, labels, strict=True)]


def judge(batch: list[Row]) -> list[float]:
    """The labeler, which sees nothing but the texts: how far to the positive side each is."""
    system = "\n".join(f"{label}: {meaning}" for label, meaning in LABELS.items())
    chats = [(system, f'Product review: "{row.text}"', "Label:") for row in batch]
    odds = []
    for answer in ask("labeler", chats, LABEL):
        likely = answer["logprobs"]["content"][0]["top_logprobs"]
        best = dict.fromkeys(LABELS, likely[-1]["logprob"])  # what isn't listed is rarer still
        for token, label in product(likely, LABELS):
            if label.startswith(token["token"].strip().lower() or "?"):
                best[label] = max(best[label], token["logprob"])
        odds.append(best["positive"] - best["negative"])
    # a small teacher leans to one label whatever it reads, but half the texts were meant for each
    middle, spread = statistics.median(odds), statistics.pstdev(odds) or 1.0
    return [(one - middle) / spread for one in odds]


def criticise(row: Row, odds: float, known: set[str]) -> str:
    """The critic, as rules: why a row is no use, or `kept`; the labeler may outvote the writer."""
    if any(sign in row.text.lower() for sign in META_TALK):
        return "no review"
    if len(set(row.text.split())) < 4 or row.text in known:
        return "too short, or known"
    if -0.5 < (odds if row.label == "positive" else -odds) < 0:
        return "writer and labeler differ, and neither is sure"
    row.label = "positive" if odds > 0 else "negative"
    known.add(row.text)
    return "kept"


def examine(student: Encoder, rows: list[Row]) -> float:
    """Notes the student's verdicts in the rows; gives their macro-F1."""
    verdicts = student.predict([row.text for row in rows])
    for row, verdict in zip(rows, verdicts, strict=True):
        row.verdict, row.margin = verdict.label, verdict.margin
    return score([row.label for row in rows], [v.label for v in verdicts], list(LABELS)).macro_f1


def main(seed: int = 1, rounds: int = 3, texts: int = 24) -> list[Row]:
    """The rows that the student learnt from; `texts` are those of one generator in one round."""
    random.seed(seed)
    files = [(DATA / name).read_text("utf-8") for name in ("train.jsonl", "test.jsonl")]
    train, test = ([Row(**json.loads(line)) for line in file.splitlines()] for file in files)
    shots = [random.choice([row for row in train if row.label == label]) for label in LABELS]
    student = Encoder.create(StudentConfig(), list(LABELS), seed=seed)
    student.fit(shots, seed=seed, epochs=10)  # warm-up: one text a class is all that is given
    print(f"test macro-F1 {examine(student, test):.3f} from {len(shots)} rows")
    examine(student, shots)
    rows, last = shots, shots[:0]
    for number in range(1, rounds + 1):
        ranked = sorted([*last, *shots], key=lambda row: (row.verdict == row.label, row.margin))
        hardest = [row for label in LABELS for row in [r for r in ranked if r.label == label][:2]]
        shown = "\n".join(f'- "{row.text}"' for row in hardest)
        task = f"A reader misjudged these reviews:\n{shown}\nWhat are they about? Be short."
        analysis = ask("analyst", [("", task, "They are about")], ANALYSE)[0]["message"]["content"]
        batch = write("easy", texts, "", []) + write("hard", texts, analysis, hardest)
        odds, known = judge(batch), {row.text for row in [*rows, *test]}
        faults = [criticise(row, one, known) for row, one in zip(batch, odds, strict=True)]
        last = [row for row, fault in zip(batch, faults, strict=True) if fault == "kept"]
        examine(student, [*last, *shots])  # before it learns: what is wrong feeds the next round
        rows = [*rows, *last]
        student.reset()  # else the rows of the last round would count most
        student.fit(shots, seed=seed, epochs=10)
        student.fit(rows, seed=seed + number, epochs=3)
        print(f"\nround {number}: {analysis}\n  critic: {dict(Counter(faults))}")
        for row in last[:1] + last[-1:]:
            print(f"  {row.kind}, {row.label}, student says {row.verdict}: {row.text}")
        print(f"  test macro-F1 {examine(student, test):.3f} from {len(rows)} rows, {dict(SPENT)}")
    return rows


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
