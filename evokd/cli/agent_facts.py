"""What `evokd agent` tells and no code says of itself. `tests/cli/test_agent.py` holds it true."""

from __future__ import annotations

from collections.abc import Mapping

INTRO = (
    "evokd distils a large language model (the teacher) into a small student: agents look at what"
    " the student gets wrong, write texts for exactly that, label and check them, train it, and go"
    " round again. Every token is booked on the edge of the graph that it moved along."
    " Everything works without a terminal; `--json` gives one document on stdout, messages are on"
    " stderr."
)
WORKFLOW = """\
```bash
evokd init data.csv --out task.yaml          # a config for a file of data
evokd check task.yaml --json                 # everything knowable before anything is spent
evokd plan task.yaml --json                  # calls, tokens, price to expect
evokd run task.yaml --out runs/a --json      # one JSON document at the end; progress nowhere
evokd resume runs/a --json                   # after a crash or an interrupt; repeats no paid call
evokd tokens runs/a --by agent --json        # what was spent
evokd trace runs/a --round 1 --json          # what the agents said
evokd predict runs/a --text "A text."        # {"text", "label", "confidence", "margin"}
evokd export runs/a --format onnx --out a    # one file to deploy, held against the student
evokd serve runs/a                           # POST /predict on 127.0.0.1:8080
```
Try a change for nothing first: `--set 'teachers={default: {scripted: true}}' --set loop.rounds=1`
(a deterministic fake; scores mean nothing)."""
KEYS: Mapping[str, str] = {
    "task.kind": "classification",
    "task.labels": "{negative: unhappy buyer, positive: happy buyer}",
    "task.data.train": "train.jsonl",
    "task.data.test": "test.jsonl",
    "task.data.text": "text",
    "task.data.label": "label",
    "task.domain": "product review",
    "task.language": "en",
    "task.shots": "5",
    "method": "evokd",
    "seed": "1",
    "teachers.default": "{model: gpt-4o-mini}",
    "teachers.labeler": "[{model: qwen2.5-7b, base_url: 'http://127.0.0.1:8000/v1'}]",
    "prompts.pack": "auto",
    "student.model": "embedded:minilm",
    "student.update": "retrain",
    "student.lr": "5.0e-5",
    "student.calibration": "held_back",
    "loop.rounds": "3",
    "loop.calls_per_round": "4",
    "loop.patience": "3",
    "loop.switches.critic": "false",
    "loop.feedback.confusions": "true",
    "budget.tokens": "40000",
    "budget.usd": "0.5",
    "budget.seconds": "600",
}
"""Key → an example of its value, as YAML."""
FILES: Mapping[str, str] = {
    "config.yaml": "the resolved config, paths absolute, no secrets",
    "run.json": "id, status (running, done, failed, interrupted, waiting), reason, times, versions,"
    " hashes of the data",
    "metrics.jsonl": "one line a round, 0 = after warm-up; the last line is the final student",
    "synthetic.jsonl": "every accepted row with its lineage",
    "student/": "the trained student: safetensors, tokenizer, student.json, README.md (its card)",
    "ledger.sqlite": "table `calls`, a row an attempt of a call, failed ones too; table `freight`",
    "events.sqlite": "table `events`: what happened, for `evokd trace` and `evokd view`",
    "checkpoints.sqlite": "LangGraph's, for `evokd resume`; do not read results here",
    "calibration.json": "how sure the student is and how rightly, on the test rows (kinds with"
    " probabilities)",
    "test_predictions.json": "what the last student says of each test row; never to steer by",
    "report.html": "all of it as one page",
    "artefacts/": "content by hash, for resuming",
    "student_states/": "weights after the last rounds, for resuming",
}
ROUND_FILES: Mapping[str, str] = {
    "analysis.json": "what the analyst said of the student's errors",
    "drafts.jsonl": "texts as they were written, no label yet",
    "accepted.jsonl": "rows that passed ballot and critic, which the student learns",
    "rejected.jsonl": "rows that fell, with the reason",
    "predictions.jsonl": "the student's verdicts on the accepted rows before it learnt them",
}
COLUMNS: Mapping[str, str] = {
    "metrics.jsonl": "round, billed_tokens, useful_tokens, accepted, rejected, hard_error,"
    " easy_error, dev, test, class_f1, confusion, calibration",
    "synthetic.jsonl": "row, round, kind, text, label, intended_label, probability, agreement,"
    " votes, calls, parents",
    "calls": "id, agent, source, target, round, model, status, prompt_tokens, completion_tokens,"
    " usd, error, text, reply, template_sha, prompt_sha",
}
"""File or table → its columns, those of a plain run."""
READING = (
    "The score that counts is the task's metric (`task.metric`) of split `test` in the last line of"
    " `metrics.jsonl`; `dev` is null without a dev file. Scores are in [0, 1].",
    "Compare runs with `evokd compare`, methods with `evokd study`: one seed is no result, and"
    " a study says intervals and paired tests.",
    "*Billed* is every status of `calls` but `replayed` and `unsent`; *useful* is what the run that"
    " survived stands on. A `usd` of null is unknown, never 0.",
    "From a row back to its prompt: `evokd trace DIR --row ID`; `calls` of the row are ids of"
    " `ledger.sqlite`, `parents` are the student errors that it answers.",
    "`hard_error` minus `easy_error` says whether hard texts really were hard for the student.",
)
TRAPS = (
    "A paid teacher is asked as soon as `evokd run` starts: `evokd plan` first, `budget.tokens` or"
    " `budget.usd` always (a `usd` budget needs a `price` of every endpoint).",
    "Keys come from the environment, never from the config: `OPENAI_API_KEY`, or the variable that"
    " `api_key_env` names. It is never sent to a custom `base_url` unless named.",
    "`--out` must be new or empty; a run that began is gone on with, not started over.",
    "Paths in a config, and in `--set`, are relative to the config file, not to where you stand.",
    "Test rows score and do nothing else: choose settings on dev or on other data.",
    "Change no file of a run by hand, resume trusts them; `student/README.md` alone is yours.",
    "Two programs that train on the same cores are many times slower than in turn.",
    "`{scripted: true}` tests the plumbing; `{embedded: smollm2-135m}` is a real but tiny teacher.",
    "`evokd push` shows and sends nothing; with `--yes` it publishes. Ask before you add that.",
)
