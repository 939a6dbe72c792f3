"""The report of a job: one self-contained HTML page without scripts, with everything escaped.

A model's text is untrusted: it is shown as plain text and cut if it is long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from railguard import Guard
from railguard.batch.output import completing
from railguard.batch.tally import Example, Tally

__all__ = ["html", "write_page"]

_MOST = 40
_STYLE = """
:root { color-scheme: light dark; --bar: #b3402e; --soft: #8883; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem } h2 { font-size: 1.1rem; margin-top: 2rem }
p.what { opacity: .75; margin-top: 0 }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .8rem; margin: 1.2rem 0 }
dl div { border: 1px solid var(--soft); border-radius: .4rem; padding: .5rem .7rem }
dt { font-size: .8rem; opacity: .75 } dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid var(--soft) }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
td.bar { width: 30% } td.bar span { display: block; height: .8rem; border-radius: .2rem; background: var(--bar) }
td.bar.good span { background: #2e7d4f } td.bar.mended span { background: #b58a1b }
code, td { overflow-wrap: anywhere } details { margin: .2rem 0 } summary { cursor: pointer }
.share { display: flex; height: 1.1rem; border-radius: .3rem; overflow: hidden; background: var(--soft) }
.share span:first-child { background: #2e7d4f } .share span + span { background: var(--bar) }
"""


def write_page(path: str, summary: Any, guard: Guard[Any]) -> None:
    """Write the report of a job's summary."""
    with completing(path) as file:
        file.write(html(summary.tally, summary.out, summary.seconds, guard.spec.name).encode("utf-8", "replace"))


def html(tally: Tally, out: str, seconds: float, spec: str | None = None) -> str:
    """Return the report as HTML.

    Args:
        tally: The counts of the job.
        out: The output of the job.
        seconds: The duration of the last run.
        spec: The name of its spec, if it has one.

    Returns:
        The text of an HTML document.
    """
    title = f"railguard batch: {out}"
    return "".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(out)}</h1>",
            f'<p class="what">{escape(f"spec {spec}, " if spec else "")}the last run took {seconds:,.1f} seconds</p>',
            *_numbers(tally),
            *_places("Failures by rule and field", tally.failures, tally, "nothing failed"),
            *_errors(tally),
            *_places("Resolved by on-fail actions", tally.resolved, tally, ""),
            *_places("Repairs", tally.repairs, tally, ""),
            *_rounds(tally),
            *_slowest(tally),
            "</body></html>\n",
        ]
    )


def _numbers(tally: Tally) -> Iterator[str]:
    good, rows = tally.good, tally.rows
    share = 100 * good / rows if rows else 0.0
    yield f'<div class="share" role="img" aria-label="{share:.1f} % valid">'
    yield f'<span style="width:{share:.3f}%"></span><span style="width:{100 - share if rows else 0:.3f}%"></span></div><dl>'
    numbers = {
        "rows": f"{rows:,}",
        "valid": f"{good:,} ({share:.1f} %)",
        "valid, with failures noted": tally.statuses["noted"],
        "repaired or fixed": tally.repaired,
        "failed": tally.statuses["failed"],
        "could not be read": tally.statuses["unread"],
        "could not be judged": tally.statuses["broken"],
        "unanswered": tally.statuses["unanswered"],
        "tokens in": tally.input_tokens,
        "of them cached": tally.cached_tokens,
        "tokens out": tally.output_tokens,
    }
    for name, number in numbers.items():
        if number or name in ("rows", "valid"):
            yield _number(name, number if isinstance(number, str) else f"{number:,}")
    if tally.rounds:
        yield _number("cost", "not known" if tally.cost is None else f"${tally.cost:,.4f}")
    yield "</dl>"


def _number(name: str, number: str) -> str:
    return f"<div><dt>{escape(name)}</dt><dd>{escape(number)}</dd></div>"


def _places(title: str, counts: Counter[tuple[str, str]], tally: Tally, nothing: str) -> Iterator[str]:
    if not counts and not nothing:
        return
    yield f"<h2>{escape(title)}</h2>"
    if not counts:
        yield f"<p>{escape(nothing)}</p>"
        return
    most = max(counts.values())
    yield "<table><tr><th>rule</th><th>field</th><th></th><th></th></tr>"
    for (rule, place), number in counts.most_common(_MOST):
        yield f"<tr><td>{escape(rule)}</td><td><code>{escape(place)}</code>"
        if counts is tally.failures:
            yield from _examples(tally.examples.get((rule, place), ()))
        yield f"</td>{_bar(number, most, '' if counts is tally.failures else 'mended')}</tr>"
    yield "</table>" + _more(len(counts))


def _errors(tally: Tally) -> Iterator[str]:
    if not tally.errors:
        return
    yield "<h2>Rows without an outcome</h2><table>"
    most = max(tally.errors.values())
    for reason, number in tally.errors.most_common(_MOST):
        yield f"<tr><td>{escape(reason)}"
        yield from _examples(one for (_, about), found in tally.examples.items() if about == reason for one in found)
        yield f"</td>{_bar(number, most)}</tr>"
    yield "</table>" + _more(len(tally.errors))


def _examples(examples: Iterable[Example]) -> Iterator[str]:
    found = list(examples)
    if found:
        yield f"<details><summary>{len(found)} example{'' if len(found) == 1 else 's'}</summary><table>"
        for one in found:
            value = f"<br><code>{escape(one.value)}</code>" if one.value else ""
            yield f"<tr><td>{escape(one.row)}</td><td>{escape(one.message)}{value}</td></tr>"
        yield "</table></details>"


def _rounds(tally: Tally) -> Iterator[str]:
    if tally.rounds:
        yield "<h2>Questions a row</h2><table>"
        most = max(tally.rounds.values())
        for rounds, number in sorted(tally.rounds.items()):
            yield f'<tr><td class="number">{rounds:,}</td>{_bar(number, most, "good" if rounds < 2 else "")}</tr>'
        yield "</table>"


def _slowest(tally: Tally) -> Iterator[str]:
    if tally.slowest:
        yield "<h2>Slowest rows</h2><table>"
        most = max(seconds for seconds, _ in tally.slowest)
        for seconds, row in tally.slowest:
            yield f"<tr><td>{escape(row)}</td>{_bar(seconds, most, unit=' s')}</tr>"
        yield "</table>"


def _bar(number: float, most: float, kind: str = "", unit: str = "") -> str:
    width = 100 * number / most if most else 0
    return (
        f'<td class="number">{number:,}{unit}</td><td class="bar {kind}"><span style="width:{width:.2f}%"></span></td>'
    )


def _more(number: int) -> str:
    return f"<p>… and {number - _MOST:,} more</p>" if number > _MOST else ""
