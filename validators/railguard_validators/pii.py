"""pii: a text without personal data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Literal

from railguard import FailResult, SpecError, validator
from railguard_validators._safety.marking import Finding, kinds, masked, settled
from railguard_validators._safety.personal_data import ENTITIES, GROUPS, find
from railguard_validators._wording import listed

_PRESIDIO_GROUPS = {
    "pii": ["EMAIL_ADDRESS", "PHONE_NUMBER", "DOMAIN_NAME", "IP_ADDRESS", "DATE_TIME", "LOCATION", "PERSON", "URL"],
    "spi": [
        "CREDIT_CARD",
        "CRYPTO",
        "IBAN_CODE",
        "NRP",
        "MEDICAL_LICENSE",
        "US_BANK_NUMBER",
        "US_DRIVER_LICENSE",
        "US_ITIN",
        "US_PASSPORT",
        "US_SSN",
    ],
}
_HALF_PAIR = re.compile("[\ud800-\udfff]")  # spaCy accepts no text with half of a surrogate pair
_LONGEST_PIECE = 10_000  # the characters that Presidio gets at a time; some of its patterns are not linear


class Pii:
    """Has no personal data with a recognizable form: data with valid check digits (payment cards, IBANs, the numbers of
    citizens of a dozen countries, addresses of cryptocurrencies), with a form of its own (e-mail and IP addresses), or
    with words next to it that name it ("born on", "passport no.", "call"). Numbers that are named as something else (an
    order, a version, a part of a hash) pass.

    entities: the entities to find: Presidio's names (EMAIL_ADDRESS, PHONE_NUMBER, US_SSN …), or the groups "pii"
        (contact data, dates of birth) and "spi" (financial and governmental numbers); by default both.
    engine: "patterns" finds data by its form, and no names or places. "presidio" asks Microsoft's Presidio instead
        (`pip install 'railguard[presidio]'`, and a spaCy model), which finds persons and places too; its groups are
        those of guardrails-ai. It is much slower, and gets a long text in pieces of 10,000 characters.
    language: the language of the text, for Presidio.
    model: the installed spaCy model for Presidio. Nothing is downloaded.
    threshold: the smallest score, from 0 to 1, of a finding of Presidio that counts.
    analyzer: a `presidio_analyzer.AnalyzerEngine` of your own, instead of one made from `language` and `model`.

    The fix replaces each finding by the name of its entity, `<EMAIL_ADDRESS>`. Messages do not repeat the findings.

    Measured on sentences written for it, half of them business text and code that only looks like personal data
    (`tests/validators/data/pii.jsonl`, the half that was not used for tuning): precision 0.98, recall 0.98. Other kinds
    of text will give other figures, and only the form is known: a name, a postal address or a phone number in words is
    not found by "patterns".

    >>> pii().run("Order 4711 ships on 2024-05-31.")
    >>> pii().run("Mail ada@example.org or call +44 20 7946 0958.").message
    'The text must have no personal data; it has EMAIL_ADDRESS, PHONE_NUMBER. Leave it out.'
    >>> pii(["EMAIL_ADDRESS"]).run("Mail ada@example.org or call +44 20 7946 0958.").fix
    'Mail <EMAIL_ADDRESS> or call +44 20 7946 0958.'
    """

    __slots__ = ("_find", "prompt")

    _find: Callable[[str], Sequence[Finding]]

    def __init__(
        self,
        entities: list[str] | str = "all",
        engine: Literal["patterns", "presidio"] = "patterns",
        language: str = "en",
        model: str = "en_core_web_lg",
        threshold: float = 0.5,
        analyzer: Any = None,
    ) -> None:
        if not 0 <= threshold <= 1:
            raise ValueError(f"threshold is {threshold}; it lies between 0 and 1")
        if engine == "presidio":
            self._find = _by_presidio(analyzer or _installed(language, model), entities, language, threshold)
        else:
            if analyzer is not None:
                raise ValueError('analyzer is for engine="presidio"')
            self._find = partial(find, entities=_named(entities, GROUPS, ENTITIES, 'engine="patterns"'))
        every = entities == "all"
        self.prompt = "without personal data" + ("" if every else f" ({', '.join(_list(entities))})")

    def __call__(self, value: str) -> FailResult | None:
        findings = self._find(value)
        if not findings:
            return None
        return FailResult(
            f"The text must have no personal data; it has {kinds(findings)}. Leave it out.",
            fix=masked(value, self._find, "<{}>".format),
            spans=[(found.start, found.end) for found in findings],
        )


def _list(entities: list[str] | str) -> list[str]:
    return [entities] if isinstance(entities, str) else entities


def _named(
    entities: list[str] | str, groups: Mapping[str, frozenset[str]], known: frozenset[str], engine: str
) -> frozenset[str]:
    """Return the entities of names and groups. Raises ValueError for those that the engine does not know."""
    names: set[str] = set()
    for name in _list(entities):
        if name == "all":
            names.update(*groups.values())
        else:
            names.update(groups.get(name.lower(), (name.upper(),)))
    if not names:
        raise ValueError("entities is empty; name at least one, or a group: pii, spi")
    if names - known:
        raise ValueError(
            f"{engine} does not find {listed(sorted(names - known))}; it finds {', '.join(sorted(known))}, and the groups "
            "pii and spi"
        )
    return frozenset(names)


def _installed(language: str, model: str) -> Any:
    """Return Presidio's analyzer. Raises SpecError if Presidio or the model is not installed."""
    from importlib.util import find_spec

    if find_spec("presidio_analyzer") is None:
        raise SpecError.of(
            "validator 'pii' needs a package for engine='presidio' that is not installed",
            code="validator-package",
            hint="install it: pip install 'railguard[presidio]'",
        )
    try:
        found = find_spec(model)
    except (ImportError, ValueError):
        found = None
    if found is None:
        raise SpecError.of(
            f"validator 'pii' needs the spaCy model {model!r}, which is not installed",
            code="validator-package",
            hint=f"install it: python -m spacy download {model}, name another by model=, or give an analyzer=",
        )
    return _analyzer(language, model)


@lru_cache(maxsize=4)
def _analyzer(language: str, model: str) -> Any:
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    engine = NlpEngineProvider(
        nlp_configuration={"nlp_engine_name": "spacy", "models": [{"lang_code": language, "model_name": model}]}
    ).create_engine()
    return AnalyzerEngine(nlp_engine=engine, supported_languages=[language])


def _by_presidio(
    analyzer: Any, entities: list[str] | str, language: str, threshold: float
) -> Callable[[str], Sequence[Finding]]:
    known = frozenset(analyzer.get_supported_entities(language))
    groups = {name: known & frozenset(group) for name, group in _PRESIDIO_GROUPS.items()}
    wanted = sorted(_named(entities, groups, known, "this analyzer of Presidio"))

    def find_all(text: str) -> list[Finding]:
        return settled(
            Finding(start + one.start, start + one.end, one.entity_type, round(100 * (1 - one.score)))
            for start, piece in _pieces(_HALF_PAIR.sub("\ufffd", text))
            for one in analyzer.analyze(piece, language=language, entities=wanted, score_threshold=threshold)
        )

    return find_all


def _pieces(text: str) -> list[tuple[int, str]]:
    """Return (offset, piece) of a long text, cut at white space if possible."""
    pieces, at = [], 0
    while len(text) - at > _LONGEST_PIECE:
        cut = max(text.rfind(space, at, at + _LONGEST_PIECE) for space in "\n ") + 1 or at + _LONGEST_PIECE
        cut = cut if cut > at else at + _LONGEST_PIECE
        pieces.append((at, text[at:cut]))
        at = cut
    return [*pieces, (at, text[at:])]


pii = validator("pii", subject="Safety", aliases=("detect-pii", "pii-filter", "guardrails-pii", "presidio-gliner-pii"))(
    Pii
)
