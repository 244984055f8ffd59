"""How figures look: a method has the same line, marker and colour in all of them; text is data.

Every line differs from its neighbours in dashes and marker as well as in colour, so that a figure
can be read in grey. matplotlib is imported here and in `plots`, inside functions only: `evokd
--help` must not pay for it.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from evokd.studies.report.lines import MethodVariant, place_of
from evokd.studies.report.markup import plain
from graph.methods import METHODS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Dashes = str | tuple[int, tuple[float, ...]]

GREY = "#5f5f5f"
_SANS = "DejaVu Sans"  # comes with matplotlib
_WIDER = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei",
    "Microsoft YaHei", "PingFang SC", "SimHei", "Arial Unicode MS",
)  # fmt: skip
"""Fonts that have Chinese characters, where one of them is installed."""
_DASHES: tuple[Dashes, ...] = (
    "-", (0, (6, 1.6)), (0, (1.2, 1.2)), (0, (7, 1.6, 1.2, 1.6)), (0, (3, 1, 1, 1, 1, 1)),
)  # fmt: skip
_MARKERS = "os^DvPX<>ph*d8"
_COLOURS = (
    "#000000", "#0072b2", "#d55e00", "#009e73", "#8a8a8a", "#b8860b", "#cc79a7", "#56b4e9",
    "#7f3c8d", "#a6341b", "#2b6d3f", "#e69f00", "#3b4a9e", "#6b4f2a",
)  # fmt: skip
HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\", "++", "oo", "--", "**", "||")
SHADES = (
    "#3f3f3f", "#c7dcef", "#f3c9a5", "#8fbf9f", "#e9e0b0", "#b79ac8", "#f0f0f0", "#7fa6c9",
    "#d88c8c", "#bdbdbd",
)  # fmt: skip

RC: dict[str, Any] = {
    "svg.hashsalt": "evokd",  # the same figure is the same file
    "svg.fonttype": "path",
    "text.parse_math": False,  # a name with two dollar signs is a name
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e3e3e3",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "hatch.linewidth": 0.6,
    "hatch.color": "#555555",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


class Style(NamedTuple):
    """How a line is drawn."""

    colour: str
    dashes: Dashes
    marker: str
    width: float


@contextmanager
def drawing() -> Iterator[None]:
    """Settings for as long as figures are drawn and saved; the user's own are kept out."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        settings: Any = {**RC, "font.family": list(_fonts())}  # its keys are typed one by one
        matplotlib.rcParams.update(settings)
        yield


def style(line: MethodVariant, lines: Sequence[MethodVariant]) -> Style:
    """A method's own; where a method stands in several variants, each has one by its place."""
    own = _has_its_own(line, lines)
    place = place_of(line.method) if own else _free_place(line, lines)
    again = place // len(_COLOURS)  # past the last one the same markers come with other dashes
    return Style(
        colour=_COLOURS[(place + 5 * again) % len(_COLOURS)],
        dashes=_DASHES[(place + 2 * again) % len(_DASHES)],
        marker=_MARKERS[place % len(_MARKERS)],
        width=2.2 if place == 0 else 1.3,
    )


def _has_its_own(line: MethodVariant, lines: Sequence[MethodVariant]) -> bool:
    """Whether a line is drawn as its method is: the only one of it, or the one nothing changed."""
    variants = [other for other in lines if other.method == line.method]
    return line.method in METHODS and (len(variants) == 1 or line.plain)


def _free_place(line: MethodVariant, lines: Sequence[MethodVariant]) -> int:
    """The place of a line that has none by its method: one that no other has."""
    rest = [other for other in lines if not _has_its_own(other, lines)]
    taken = {place_of(other.method) for other in lines if other not in rest}
    free = (place for place in itertools.count(1) if place not in taken)
    return next(itertools.islice(free, rest.index(line), None))


def label(text: object, limit: int = 34) -> str:
    """A text that the fonts at hand can show: one line, boxes for characters they lack.

    A long one loses its middle: what tells two variants apart often stands at the end.
    """
    known, line = _characters(), plain(text, 1000)
    if len(line) > limit:
        tail = limit // 2 - 1
        line = f"{line[: limit - tail - 1]}…{line[-tail:]}"
    return "".join(c if ord(c) in known else "▯" for c in line)


def line_label(line: MethodVariant, flat: bool = False) -> str:
    """A line's name, with a dagger where it ran out of things to do."""
    text = label(line.name.replace("_", " ") if line.method in METHODS else line.name)
    return f"{text} †" if flat else text


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places moved as little as needed to lie `gap` apart between `low` and `high`.

    Where there is no room for all, they share what there is evenly.
    """
    n = len(places)
    if n * gap > high - low + gap:
        gap = (high - low) / max(1, n - 1)
    order = sorted(range(n), key=lambda i: places[i])
    blocks: list[tuple[float, int]] = []  # sum of (wanted - rank * gap), and how many
    for rank, i in enumerate(order):
        blocks.append((places[i] - rank * gap, 1))
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            last, before = blocks.pop(), blocks.pop()
            blocks.append((before[0] + last[0], before[1] + last[1]))
    bases = [total / count for total, count in blocks for _ in range(count)]
    moved = [0.0] * n
    for rank, i in enumerate(order):
        base = min(max(bases[rank], low), high - (n - 1) * gap)
        moved[i] = base + rank * gap
    return moved


def token_axis(axis: Any) -> None:
    """Thousands as 5k: the numbers stay apart on a narrow panel."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: thousands(value)))


def thousands(value: float) -> str:
    """Tokens in short: 800, 5k, 1.5M."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches; no global state behind it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Names down the left side, the first on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")


def saved(figure: Figure, kind: str) -> bytes:
    """The figure as `png` or `svg`, without dates or versions in it."""
    file = io.BytesIO()
    nothing = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    figure.savefig(file, format=kind, dpi=160, metadata=nothing)
    return file.getvalue()


@cache
def _fonts() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return (_SANS, *(name for name in _WIDER if name in installed))[:2]


@cache
def _characters() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(
        code
        for name in _fonts()
        for code in get_font(findfont(FontProperties(family=name))).get_charmap()
    )
