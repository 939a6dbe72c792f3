"""quotes-source: a text that occurs in a source, word for word."""

from __future__ import annotations

from typing import Any, Literal

from railguard import UNSET, Context, FailResult, validator
from railguard_validators._grounding.passages import Passages, Place
from railguard_validators._grounding.sources import Remembered, Source, key_of, sources_of
from railguard_validators._wording import counted, shown


class QuotesSource:
    """A text that occurs in one of the sources, at word boundaries: "able to pay" is not a quote of "unable to pay",
    nor 5 of 1.5. The sources come from the caller's metadata, or are a prompt variable: a text, an object with the text
    as `text` and maybe an `id`, or a list of such.

    The value may be an object with the text as `quote`. Then its `start` and `end`, if it has them, must be the
    offsets of the quote in the source, in characters from 0, end excluded; and its `source` the id of that source. A
    member that is null is ignored.

    In normal form, capitals, white space, kinds of quotation marks and dashes, ligatures and other compatibility forms
    (NFKC), invisible characters and hyphens inside words make no difference, nor do quotation marks around the whole.
    Other punctuation and every word do.

    A text that is right only in normal form is fixed to the source's text, if that is unique. Offsets and the id of a
    source are fixed if the quote occurs in only one place. Nothing else has a fix; the message names the nearest
    passage, and the spans mark the words of the value that are not in it.

    key: the metadata key or prompt variable that holds the sources.
    match: "verbatim", each character as in the source, or "normalised", the same in normal form.
    min_length: the fewest characters, so that a single word does not count as a quote.
    gaps: whether "…", "..." or "[…]" may represent omitted text; the parts must follow each other in one source.

    >>> from railguard import Context, Path
    >>> ctx = Context(Path(), None, {"document": "The fee is 6 percent a year."})
    >>> quotes_source().run("fee is 6 percent", ctx=ctx)
    >>> result = quotes_source().run("fee is 5 percent", ctx=ctx)
    >>> print(result.message)
    "5" is not in the source; the nearest passage, at characters 4 to 20, is: "fee is 6 percent". Quote it word for word.
    >>> result.spans
    [(7, 8)]
    >>> quotes_source().run("The FEE", ctx=ctx).fix
    'The fee'
    """

    __slots__ = ("_gaps", "_key", "_min", "_normal", "_passages", "metadata", "prompt")

    def __init__(
        self,
        key: str = "document",
        match: Literal["verbatim", "normalised"] = "verbatim",
        min_length: int = 1,
        gaps: bool = False,
    ) -> None:
        if min_length < 1:
            raise ValueError(f"min_length is {min_length}; an empty text is no quote, so it is 1 or more")
        self._key = key_of(key)
        self._normal = match == "normalised"
        self._min = min_length
        self._gaps = gaps
        self._passages = Remembered(Passages)
        self.metadata = (key,)
        exactly = "" if self._normal else ", word for word"
        longer = f", of at least {counted(min_length, 'character')}" if min_length > 1 else ""
        self.prompt = f"a quote of {key}{exactly}{longer}"

    def __call__(self, value: str | dict[str, Any], ctx: Context) -> FailResult | None:
        sources = sources_of(ctx.metadata, self._key)
        passages = self._passages.of(tuple(source.text for source in sources))
        if isinstance(value, str):
            return self._quote(value, sources, passages)
        quote = value.get("quote")
        if not isinstance(quote, str):
            return FailResult('The object must have the text it quotes as "quote".')
        wrong = self._quote(quote, sources, passages)
        if wrong is None:
            return self._location(value, quote, sources, passages)
        fix = UNSET if wrong.fix is UNSET else self._mended(value, wrong.fix, sources, passages)
        return FailResult(wrong.message, fix=fix, blame=[("quote",)])

    def _quote(self, text: str, sources: tuple[Source, ...], passages: Passages) -> FailResult | None:
        if len(text) < self._min:
            return FailResult(
                f"{shown(text)} has {counted(len(text), 'character')}; a quote must have at least {self._min:,}."
            )
        if passages.first(text, normal=self._normal, gaps=self._gaps):
            return None
        if not self._normal:
            verbatim = passages.verbatim(text)
            if verbatim is not None and len(verbatim) >= self._min:
                message = f"Quote the source word for word: it says {shown(verbatim, 300)}, not {shown(text, 300)}."
                return FailResult(message, fix=verbatim, spans=_differing(text, verbatim))
        nearest = passages.nearest(text)
        if nearest is None:
            message = f"{shown(text)} is not in the source, nor anything like it. Quote the source word for word."
            return FailResult(message, spans=[(0, len(text))])
        missing = nearest.missing or [(0, len(text))]
        said = ", ".join(shown(text[start:end]) for start, end in missing[:3])
        more = f" and {len(missing) - 3:,} more" if len(missing) > 3 else ""
        place = nearest.place
        message = (
            f"{said}{more} {'is' if len(missing) == 1 else 'are'} not in the source; the nearest passage, at "
            f"{_where(place, sources)}, is: {shown(passages.text(place), 300)}. Quote it word for word."
        )
        if not nearest.missing:
            message = (
                f"{said} is not in the source in this form; the nearest passage, at {_where(place, sources)}, "
                f"is: {shown(passages.text(place), 300)}. Quote it word for word."
            )
        return FailResult(message, spans=missing[:20])

    def _location(
        self, value: dict[str, Any], quote: str, sources: tuple[Source, ...], passages: Passages
    ) -> FailResult | None:
        claimed = {name: value[name] for name in ("start", "end", "source") if value.get(name) is not None}
        if not claimed:
            return None
        named = [
            index
            for index, source in enumerate(sources)
            if "source" not in claimed or _same(source.id, value["source"])
        ]
        if "start" in claimed and "end" in claimed and type(value["start"]) is type(value["end"]) is int:
            for index in named:
                if passages.stands_at(quote, Place(index, value["start"], value["end"]), normal=self._normal):
                    return None
        places = self._places(quote, passages)
        right = [place for place in places if place.source in named and _agrees(place, claimed)]
        if right:
            return None
        there = ", ".join(_where(place, sources) for place in places[:3])
        more = " and elsewhere" if len(places) > 3 else ""
        message = f"The quote does not stand where the object says; it stands at {there}{more}."
        inside = [place for place in places if place.source in named] or places
        fix = self._located(value, inside[0], sources) if len(inside) == 1 else UNSET
        return FailResult(message, fix=fix, blame=[(name,) for name in claimed])

    def _mended(self, value: dict[str, Any], quote: str, sources: tuple[Source, ...], passages: Passages) -> Any:
        mended = {**value, "quote": quote}
        wrong = self._location(mended, quote, sources, passages)
        return mended if wrong is None else wrong.fix

    def _places(self, quote: str, passages: Passages) -> list[Place]:
        return list(passages.all(quote, normal=self._normal, gaps=self._gaps))

    def _located(self, value: dict[str, Any], place: Place, sources: tuple[Source, ...]) -> Any:
        name = sources[place.source].id
        if value.get("source") is not None and name is None:
            return UNSET
        right = {"start": place.start, "end": place.end, "source": name}
        return {member: right[member] if member in right and old is not None else old for member, old in value.items()}


def _agrees(place: Place, claimed: dict[str, Any]) -> bool:
    return all(
        name not in claimed or (type(claimed[name]) is int and claimed[name] == at)
        for name, at in (("start", place.start), ("end", place.end))
    )


def _same(name: str | int | None, claimed: Any) -> bool:
    return name is not None and type(claimed) is type(name) and claimed == name


def _where(place: Place, sources: tuple[Source, ...]) -> str:
    name = sources[place.source].id
    of = (
        f" of source {shown(name)}"
        if name is not None
        else f" of source {place.source + 1}"
        if len(sources) > 1
        else ""
    )
    return f"characters {place.start} to {place.end}{of}"


def _differing(said: str, right: str) -> list[tuple[int, int]]:
    """Return the parts of a text that differ from the right one, between their common beginning and end."""
    start = 0
    least = min(len(said), len(right))
    while start < least and said[start] == right[start]:
        start += 1
    end = 0
    while end < least - start and said[-1 - end] == right[-1 - end]:
        end += 1
    return [(start, len(said) - end)]


quotes_source = validator("quotes-source", subject="What a given source says")(QuotesSource)
