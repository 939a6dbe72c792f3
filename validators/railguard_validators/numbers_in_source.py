"""numbers-in-source: a text whose numbers are all in a source."""

from __future__ import annotations

import re
from decimal import Decimal

from railguard import Context, FailResult, validator
from railguard_validators._grounding.known_figures import KnownFigures
from railguard_validators._grounding.sources import Remembered, key_of, sources_of
from railguard_validators._numbers.figures import Figure, figures
from railguard_validators._numbers.numerals import Number
from railguard_validators._wording import listed, shown

_NO_FIGURE = re.compile(
    r"^[ \t]*+\(?[0-9]{1,3}[.)](?=\s)|\[[0-9]{1,3}(?:[-–,]\s?[0-9]{1,3})*+\]|(?<!\w)\([0-9]\)(?=\s)", re.MULTILINE
)


class NumbersInSource:
    """A number, or every number, date and time of a text, is in one of the sources, in any notation: 1,234.50 is
    1.234,50 and 1 234,5; 3.4 million is 3,400,000; 12 % is 12 percent and 0.12; 2024-03-01 is March 1, 2024; 2:30 pm is
    14:30. An ambiguous one (1.234, 01/02/2024) passes if one of its meanings is there. Words of scale are known in
    English, German, French, Spanish, Italian, Portuguese, Dutch, Russian, Chinese and Japanese, months in most of
    these.

    Signs, currencies and units are not compared. Numbers that are calculated from those of the source, such as sums and
    shares, fail, since they are not there. Ignored are numbers in names (B2B, COVID-19), before the items of a list,
    and references in brackets ([1]). There is no fix; the spans mark what is not in the source. The sources come from
    the caller's metadata, or are a prompt variable: a text, an object with the text as `text`, or a list.

    key: the metadata key or prompt variable that holds the sources.
    rounded: whether a number of the source may be rounded to the digits that the text writes; the zeros at the end of a
        whole number do not count as written, but two digits always do (3,000 may be 2,950 and not 2,600).
    words: whether numbers below a hundred that are written out in English ("three") must be in the source too. In the
    source they always count.

    >>> from railguard import Context, Path
    >>> ctx = Context(Path(), None, {"document": "Sales rose by 12.5 % to 3,412,000 euros on 1 March 2024."})
    >>> numbers_in_source().run("On 2024-03-01, sales were EUR 3.412 million.", ctx=ctx)
    >>> result = numbers_in_source().run("Sales rose by 13 % to 3.4 million in 2024.", ctx=ctx)
    >>> result.message, result.spans
    ('The source does not have these numbers: "13 %", "3.4 million". State only numbers that it states.', [(14, 18), (22, 33)])
    >>> numbers_in_source(rounded=True).run("Sales rose by 13 % to 3.4 million in 2024.", ctx=ctx)
    """

    __slots__ = ("_key", "_known", "_rounded", "_words", "metadata", "prompt")

    def __init__(self, key: str = "document", rounded: bool = False, words: bool = False) -> None:
        self._key = key_of(key)
        self._rounded = rounded
        self._words = words
        self._known = Remembered(KnownFigures)
        self.metadata = (key,)
        self.prompt = f"only numbers that stand in {key}" + (", rounded or not" if rounded else "")

    def __call__(self, value: str | float, ctx: Context) -> FailResult | None:
        known = self._known.of(tuple(source.text for source in sources_of(ctx.metadata, self._key)))
        if not isinstance(value, str):
            figure = Figure(0, 0, _numbers(value))
            if known.has(figure, rounded=self._rounded):
                return None
            return FailResult(f"The source does not have the number {shown(value)}. State only numbers that it states.")
        skipped = {at for match in _NO_FIGURE.finditer(value) for at in range(*match.span())}
        wrong = [
            (figure.start, figure.end)
            for figure in figures(value)
            if figure.start not in skipped
            and (self._words or not figure.spelled)
            and not known.has(figure, rounded=self._rounded)
        ]
        if not wrong:
            return None
        said = listed(dict.fromkeys(value[start:end] for start, end in wrong), 10)
        many = "this number" if len(wrong) == 1 else "these numbers"
        message = f"The source does not have {many}: {said}. State only numbers that it states."
        return FailResult(message, spans=wrong[:20])


def _numbers(value: float) -> tuple[Number, ...]:
    """Return a JSON number without its sign; none if it is not finite, or too long to be written out."""
    try:
        _, digits, exponent = Decimal(repr(value)).as_tuple()
    except ValueError:
        return ()
    if not isinstance(exponent, int):
        return ()
    return (Number("".join(map(str, digits)).lstrip("0"), exponent),)


numbers_in_source = validator("numbers-in-source", subject="What a given source says")(NumbersInSource)
