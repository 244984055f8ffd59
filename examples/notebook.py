"""A run in a notebook: `marimo edit examples/notebook.py`.

EVOKD_TEACHER=scripted runs it in seconds, with made-up replies; so do the tests.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="evokd")


@app.cell
def _():
    import os
    import tempfile
    from pathlib import Path

    import marimo as mo

    import evokd

    return Path, evokd, mo, os, tempfile


@app.cell
def _(mo):
    mo.md(
        """
        # A small student from a small teacher
        SmolLM2-135M writes and labels product reviews; MiniLM learns from them. One example of
        each class is all it is given. No key, no download, two or three minutes.
        """
    )
    return


@app.cell
def _(Path, evokd, mo, os, tempfile):
    scripted = os.environ.get("EVOKD_TEACHER") == "scripted"
    demo = Path(evokd.__file__).parents[1] / "examples" / "demo.yaml"
    out = Path(tempfile.mkdtemp(prefix="evokd-")) / "run"
    changes = {
        "teachers.default": {"scripted": True} if scripted else {"embedded": "smollm2-135m"},
        "loop.rounds": 2,
        "budget.tokens": 6000,
        "student.max_length": 64,
        "student.model": os.environ.get("EVOKD_STUDENT", "embedded:minilm"),
    }
    mo.accordion({"what is changed in examples/demo.yaml": mo.json(changes)})
    return changes, demo, out


@app.cell
async def _(changes, demo, evokd, mo, out):
    with mo.status.spinner(title="warming up") as spinner:

        def tell(event):
            if event.type == "node_started":
                spinner.update(title=f"round {event.round}: {event.node}")

        run = await evokd.arun(demo, out=out, set=changes, on_event=tell)
    mo.vstack([mo.md("## The run"), run])
    return (run,)


@app.cell
def _(mo, run):
    mo.vstack([mo.md("## Scores by round"), run.metrics])
    return


@app.cell
def _(mo, run):
    mo.vstack([mo.md("## Where the tokens went"), run.graph, run.edges])
    return


@app.cell
def _(mo, run):
    first = run.rows.query("verdict == 'accept'")["row"].iloc[0]
    trace = run.trace(first)
    mo.vstack([mo.md("## Where a training row came from"), trace])
    return (trace,)


@app.cell
def _(mo, run):
    texts = ["It broke after a day.", "Best purchase this year."]
    answers = run.predict(texts)
    mo.vstack([mo.md("## The student"), mo.ui.table(answers)])
    return (answers,)


if __name__ == "__main__":
    app.run()
