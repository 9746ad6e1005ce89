"""Draws an overview as SVG with matplotlib, which is imported on first use.

matplotlib keeps its settings for the whole process and is not safe in threads, so one
picture is drawn at a time, without ``pyplot``. The same figures make the same bytes.
"""

import io
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from math import isnan
from typing import TYPE_CHECKING, Any

from storage_api.metering.overview import NEAR_PERCENT, Line, Near, Overview
from storage_api.metering.units import UNITS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE_INCHES = (6.0, 9.0)
_SETTINGS: Mapping[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "storage-api",
    "text.parse_math": False,  # names may hold a $
    "font.family": "sans-serif",
    "font.size": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11.0,
    "axes.titlelocation": "left",
}
#: Distinct also to people who see fewer colours (Okabe and Ito).
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
_LONGEST_LABEL = 36
#: Of an axis of time; matplotlib finds no ticks for seconds.
_SHORTEST = timedelta(minutes=1)
_NAN = float("nan")

_lock = threading.Lock()


def svg(shown: Overview, title: str, unit: str, zone: tzinfo) -> bytes:
    """The picture: the whole, the largest, and who is near a quota."""
    with _lock:
        return _draw(shown, title, unit, zone)


def _draw(shown: Overview, title: str, unit: str, zone: tzinfo) -> bytes:
    import matplotlib as mpl  # noqa: PLC0415  # slow to import
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    with mpl.rc_context({**mpl.rcParamsDefault, **_SETTINGS}):
        figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
        FigureCanvasSVG(figure)
        figure.suptitle(title, fontsize=11)
        whole, largest, near = figure.subplots(3, 1, height_ratios=[3, 3, 2.2])
        moments = [datetime.fromtimestamp(moment, UTC) for moment in shown.moments]
        _whole(whole, shown, moments, unit)
        _largest(largest, shown.largest, moments, unit)
        for axes in (whole, largest):
            _time_axis(axes, moments, zone)
            _size_axis(axes, unit)
        _near(near, shown)
        drawn = io.BytesIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
        return drawn.getvalue()


def _whole(axes: "Axes", shown: Overview, moments: Sequence[datetime], unit: str) -> None:
    if not shown.holders:
        axes.set_title("Nobody was sampled in this period")
        return
    last = next((value for value in reversed(shown.total) if value is not None), None)
    now = "nothing is known" if last is None else f"{_amount(last, unit)} at last"
    several = f"All {shown.holders} {shown.kind}s together"
    axes.set_title(f"{several if shown.holders > 1 else f'One {shown.kind}'}: {now}")
    values = _scaled(shown.total, unit)
    axes.plot(moments, values, color=_COLOURS[0], drawstyle="steps-post")  # type: ignore[arg-type]
    _lone_points(axes, moments, values, _COLOURS[0])
    for begin, end in _gaps(shown.total):
        stop = moments[min(end, len(moments) - 1)]
        axes.axvspan(moments[begin], stop, color="#dddddd", linewidth=0)  # type: ignore[arg-type]
    notes = ["grey: not measured"] if None in shown.total else []
    if shown.unmeasured:
        notes.append(f"{shown.unmeasured} never measured, not counted")
    axes.text(1.0, 1.02, "; ".join(notes), transform=axes.transAxes, ha="right", color="#666666")


def _largest(axes: "Axes", lines: Sequence[Line], moments: Sequence[datetime], unit: str) -> None:
    axes.set_title("The largest (dashed: quota)")
    top = max((value for line in lines for value in line.values if value is not None), default=0)
    handles = []
    for line, colour in zip(lines, _COLOURS, strict=False):
        values = _scaled(line.values, unit)
        (drawn,) = axes.plot(moments, values, color=colour, drawstyle="steps-post")  # type: ignore[arg-type]
        _lone_points(axes, moments, values, colour)
        handles.append(drawn)
        # A quota far above all that is used would flatten every line.
        if line.quota_bytes is not None and line.quota_bytes <= 2 * top:
            axes.axhline(line.quota_bytes / UNITS[unit], color=colour, linestyle="--", linewidth=1)
    if lines:
        labels = [_legend(line, unit) for line in lines]
        axes.legend(
            handles,
            labels,
            loc="upper left",
            bbox_to_anchor=(0, -0.17),
            frameon=False,
            fontsize=9.5,
        )


def _legend(line: Line, unit: str) -> str:
    last = next((value for value in reversed(line.values) if value is not None), None)
    used = "" if last is None else f": {_amount(last, unit)}"
    if line.quota_bytes is None:
        return f"{_label(line.label)}{used}"
    return f"{_label(line.label)}{used} of {_amount(line.quota_bytes, unit)}"


def _near(axes: "Axes", shown: Overview) -> None:
    axes.set_title(f"Near a quota ({NEAR_PERCENT} % or more)")
    axes.set_axis_off()
    if not shown.near:
        known = f"{shown.limited} of {shown.holders} have a quota that is known"
        axes.text(0, 0.8, f"None; {known}.", transform=axes.transAxes)
        return
    places = range(len(shown.near))
    widths = [min(near.percent, 130.0) for near in shown.near]
    colours = ["#D55E00" if near.percent >= 100 else "#E69F00" for near in shown.near]  # noqa: PLR2004  # full
    axes.barh(list(places), widths, color=colours, height=0.7)
    axes.axvline(100, color="#000000", linewidth=0.8)
    for place, near in zip(places, shown.near, strict=True):
        axes.text(1, place, _words(near), va="center", fontsize=9.5)
    axes.set_xlim(0, 130)
    axes.set_ylim(max(len(shown.near), 4) - 0.4, -0.6)


def _words(near: Near) -> str:
    what = " of its objects" if near.of_objects else ""
    return f"{_label(near.label)}: {near.percent:.0f} %{what}"


def _time_axis(axes: "Axes", moments: Sequence[datetime], zone: tzinfo) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415

    locator = AutoDateLocator(tz=zone, maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator, tz=zone)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(formatter)
    end = max(moments[-1], moments[0] + _SHORTEST)
    axes.set_xlim(moments[0], end)  # type: ignore[arg-type]


def _size_axis(axes: "Axes", unit: str) -> None:
    axes.set_ylim(bottom=0)
    axes.set_ylabel(unit)
    axes.grid(axis="y", color="#eeeeee")
    axes.set_axisbelow(True)


def _lone_points(
    axes: "Axes", moments: Sequence[Any], values: Sequence[float], colour: str
) -> None:
    """A line needs two ends; a moment between two gaps has one."""
    known = [False, *(not isnan(value) for value in values), False]
    lone = [n for n in range(len(values)) if known[n : n + 3] == [False, True, False]]
    if lone:
        axes.plot([moments[n] for n in lone], [values[n] for n in lone], ".", color=colour)


def _gaps(values: Sequence[int | None]) -> list[tuple[int, int]]:
    """From and until before which place nothing is known."""
    found: list[tuple[int, int]] = []
    for place, value in enumerate(values):
        if value is not None:
            continue
        if found and found[-1][1] == place:
            found[-1] = (found[-1][0], place + 1)
        else:
            found.append((place, place + 1))
    return found


def _scaled(values: Sequence[int | None], unit: str) -> list[float]:
    return [_NAN if value is None else value / UNITS[unit] for value in values]


def _amount(size: int, unit: str) -> str:
    scaled = size / UNITS[unit]
    digits = f"{scaled:,.0f}" if scaled >= 100 else f"{scaled:.3g}"  # noqa: PLR2004  # no exponent
    return f"{digits.replace(',', ' ')} {unit}"


def _label(text: str) -> str:
    """What the font can draw and XML may hold, and not too long."""
    from matplotlib.font_manager import findfont, get_font  # noqa: PLC0415

    font = get_font(findfont("DejaVu Sans"))
    known = "".join(
        char if char.isprintable() and font.get_char_index(ord(char)) else "\N{WHITE SQUARE}"
        for char in text
    )
    if len(known) <= _LONGEST_LABEL:
        return known
    half = _LONGEST_LABEL // 2
    return f"{known[: half - 1]}…{known[-half:]}"
