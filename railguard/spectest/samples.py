"""Generates valid answers from a spec. They are the same in every run: the number of an answer determines its content."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import railguard
from railguard import UNSET, Guard, Path, Rule, ValidationFailed, ValidationOutcome
from railguard.spectest.single_rule import blame_of, fix_of, named_values, refuses
from railguard.spectest.spec_fields import Body, Places, SpecField

__all__ = ["Sampler", "judged", "replaced", "written_answer"]

TEXTS = (
    "annual fee",
    "Ann Other",
    "A short text about it.",
    "word",
    "north",
    "The fee is charged once a year, on the first day.",
    "One thing after another happened, and none of them was told before. It took a while until somebody asked.",
)
FORMATS = {
    "date": ("2024-05-17", "2023-11-02"),
    "time": ("14:30:00Z", "08:05:00Z"),
    "date-time": ("2024-05-17T14:30:00Z", "2023-11-02T08:05:00Z"),
    "duration": ("P3DT4H", "PT15M"),
    "email": ("ann.other@example.com", "info@example.org"),
    "idn-email": ("ann.other@example.com",),
    "hostname": ("www.example.com",),
    "idn-hostname": ("www.example.com",),
    "ipv4": ("192.0.2.17",),
    "ipv6": ("2001:db8::17",),
    "uri": ("https://example.com/a", "https://example.org/b?c=d"),
    "uri-reference": ("/a/b",),
    "iri": ("https://example.com/a",),
    "iri-reference": ("/a/b",),
    "uri-template": ("https://example.com/{id}",),
    "uuid": ("0b0c2a5e-9a55-4b7e-8f0f-4b1f6a1e2d3c",),
    "json-pointer": ("/a/0",),
    "relative-json-pointer": ("1/a",),
    "regex": ("[a-z]+",),
}
_OTHER_FORMS = (
    "12.5%",
    "17.05.2024",
    "05/17/2024",
    "2024-05-17",
    "14:30",
    "17.05.2024 14:30",
    "GB82WEST12345698765432",
)
_NUMBERS = (49, 7, 120, 3, 2024, 1, 0, 0.5, 12.5, 0.25, -3)
_VARIANTS = 7
_MOST_OF_A_LEAF = 12
_MOST_FIXES = 4
_MOST_BLAMED = 8
_MOST_LEVELS = 3
_PASSES = 3


class Sampler:
    """Generates valid answers for one guard."""

    def __init__(self, guard: Guard[Any], places: Places, metadata: Mapping[str, Any]) -> None:
        self._guard = guard
        self._places = places
        self._metadata = metadata
        self._leaves: dict[str, list[Any]] = {}

    def sample(self, turn: int) -> tuple[Any, ValidationOutcome]:
        """Return one answer, and the guard's outcome for it. Even turns include optional members, odd ones leave them
        out; each turn takes other union options and other enum values than the turn before. The answer is valid unless
        a rule cannot be satisfied in this way.
        """
        value = self._value("$", self._places.schema, turn, ())
        outcome = judged(self._guard, written_answer(value, self._places), self._metadata)
        for _ in range(_PASSES):
            value = _read(outcome, value)
            if outcome.passed or not self._mend(outcome, value):
                break
            outcome = judged(self._guard, written_answer(value, self._places), self._metadata)
        return value, outcome

    def _mend(self, outcome: ValidationOutcome, value: Any) -> bool:
        """Replace failing leaves by values of other forms, in place. Returns whether anything was changed."""
        changed = False
        standing = {path: place for path, place in self._places.of(value) if path}
        for failure in outcome.failures:
            place = standing.get(failure.path)
            if place is None or place.types & {"object", "array"}:
                continue
            for candidate in self._candidates(place, forms=True):
                tried = replaced(value, failure.path, candidate)
                after = judged(self._guard, written_answer(tried, self._places), self._metadata)
                if all(one.path != failure.path for one in after.failures):
                    _put(value, failure.path, candidate)
                    changed = True
                    break
        return changed

    def _value(self, path: str, body: Body, turn: int, inside: tuple[str, ...]) -> Any:
        """Return a value for a schema. inside: the references that contain it, by name."""
        if (name := body.get("$ref")) is not None:
            inside = (*inside, name)
        deep = inside.count(name) if name is not None else 0
        options = self._places.options(path, body)
        nullable = "null" in _list(body.get("type")) or {"type": "null"} in body.get("anyOf", body.get("oneOf", []))
        if not options or (nullable and (deep >= _MOST_LEVELS or turn % _VARIANTS == _VARIANTS - 1)):
            return None
        for offset in range(len(options)):
            at, option = options[(turn + offset) % len(options)]
            refs = _refs(option)
            if deep < _MOST_LEVELS or not refs & set(inside) or offset == len(options) - 1:
                break
        place = self._places.place(at, option)
        built: Any = None
        for variant in range(turn, turn + (_VARIANTS if place.rules else 1)):
            if option.get("type") == "object" or "properties" in option:
                built = self._object(at, option, variant, inside)
            elif option.get("type") == "array":
                built = self._list(at, place.bounds, variant, inside)
            else:
                return self._leaf(place, turn)
            kept = self._satisfying(place, built)
            if kept is not UNSET:
                return kept
        return built

    def _object(self, path: str, body: Body, turn: int, inside: tuple[str, ...]) -> Any:
        members, required = body.get("properties", {}), set(body.get("required", ()))
        made: dict[str, Any] = {}
        for number, (name, one) in enumerate(members.items()):
            # Below three levels of one definition, optional members are left out: a recursive type would never end.
            if name not in required and (turn % 2 or any(inside.count(ref) >= _MOST_LEVELS for ref in inside)):
                continue
            made[name] = self._value(path + str(Path((name,)))[1:], one, turn + number, inside)
        extra, least = body.get("additionalProperties"), body.get("minProperties", 0)
        if isinstance(extra, Mapping):
            for number in range(max(least, 2) - len(made) if not members or least > len(made) else 0):
                made[f"key_{number + 1}"] = self._value(f"{path}.*", extra, turn + number, inside)
        return made

    def _list(self, path: str, body: Body, turn: int, inside: tuple[str, ...]) -> Any:
        least, most = body.get("minItems", 0), body.get("maxItems", 1_000)
        deep = any(inside.count(ref) >= _MOST_LEVELS for ref in inside)
        size = least if deep else min(max(least, 2), most)
        items = body.get("items")
        if not isinstance(items, Mapping):
            return []
        made: list[Any] = []
        for number in range(size * (_VARIANTS if body.get("uniqueItems") else 1)):
            item = self._value(f"{path}[*]", items, turn + number, inside)
            if not body.get("uniqueItems") or item not in made:
                made.append(item)
            if len(made) == size:
                break
        return made

    def _leaf(self, place: SpecField, turn: int) -> Any:
        """Return a value for a leaf, a different one at each turn if possible."""
        values = self._leaves.get(place.path)
        if values is None:
            values = self._leaves[place.path] = list(islice(self._candidates(place), _MOST_OF_A_LEAF))
        return values[turn % len(values)] if values else None

    def _candidates(self, place: SpecField, *, forms: bool = False) -> Iterator[Any]:
        """Yield values for a leaf that satisfy its keywords and rules, most likely first; if there are none, one that
        does not. forms: whether to try texts of other forms too.
        """
        kind = next((one for one in ("string", "integer", "number", "boolean") if one in place.types), "string")
        pool = list(_of_schema(place, kind))
        if kind == "string" and "enum" not in place.schema and "const" not in place.schema:
            pool += [value for values in FORMATS.values() for value in values] if forms else []
            pool += _OTHER_FORMS if forms else ()
            pool += _sized(place.bounds, pool)
        named = [one for rule in place.rules for one in named_values(rule) if _is(one, kind)]
        pool += named
        if kind in ("integer", "number"):
            pool += [one + step for one in named for step in (1, -1)]
        given: list[Any] = []
        for candidate in pool:
            kept = self._satisfying(place, candidate)
            if kept is not UNSET and kept not in given:
                given.append(kept)
                yield kept
        if not given and pool:
            yield pool[0]

    def _satisfying(self, place: SpecField, value: Any) -> Any:
        """Return a value, after its rules' fixes, if it then satisfies the keywords and rules; otherwise UNSET."""
        for _ in range(_MOST_FIXES):
            rule = next((one for one in place.rules if refuses(one, value, value, self._metadata)), None)
            if rule is None:
                return value if _keeps(place.bounds, value) else UNSET
            fixed = fix_of(rule, value, value, self._metadata)
            value = self._reconciled(rule, value) if fixed is UNSET else fixed
            if value is UNSET:
                break
        return UNSET

    def _reconciled(self, rule: Rule, value: Any) -> Any:
        """Return a value whose members agree, for a rule that compares them: one of the blamed members becomes the sum
        of the others, or another member's value or a neighbour of it. UNSET if no such value satisfies the rule.
        """
        if not isinstance(value, (dict, list)):
            return UNSET
        blamed = [(path, value_at(value, path)) for path in blame_of(rule, value, value, self._metadata)]
        leaves = [
            (path, one) for path, one in blamed if path and not isinstance(one, (dict, list, bool)) and one is not UNSET
        ]
        for path, old in leaves[:_MOST_BLAMED]:
            others = [one for at, one in leaves if at != path and type(one) in (type(old), int, float)]
            numbers = [one for one in others if isinstance(one, (int, float))]
            near = [one + step for one in numbers[:_MOST_BLAMED] for step in (1, -1)]
            for candidate in [*([sum(numbers)] if numbers else []), *others[:_MOST_BLAMED], *near]:
                tried = replaced(value, path, candidate)
                if not refuses(rule, tried, tried, self._metadata):
                    return tried
        return UNSET


def judged(guard: Guard[Any], text: str, metadata: Mapping[str, Any]) -> ValidationOutcome:
    """Return the outcome of one answer, also if a rule has on_fail="exception". Raises ValidatorError if a rule cannot
    run.
    """
    try:
        return guard.parse(text, metadata=metadata)
    except ValidationFailed as failed:
        return failed.outcome


def written_answer(value: Any, places: Places) -> str:
    """Return an answer as a model writes it: JSON, or the text itself if the output is a text."""
    if places.schema.get("type") == "string" and isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def replaced(value: Any, path: Path, new: Any) -> Any:
    """Return a copy of an answer with another value at a path; UNSET removes it. Parts outside the path are shared."""
    if not path:
        return new
    step, rest = path[0], Path(path[1:])
    copied: Any = dict(value) if isinstance(value, dict) else list(value)
    if not rest and new is UNSET:
        del copied[step]
    else:
        copied[step] = replaced(copied[step], rest, new)
    return copied


def value_at(value: Any, path: Path) -> Any:
    """Return the value at a path, or UNSET."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return UNSET
    return value


def _put(value: Any, path: Path, new: Any) -> None:
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = new


def _read(outcome: ValidationOutcome, value: Any) -> Any:
    """Return the parsed value: the answer after its local repairs, for example when a date must be written in another
    way.
    """
    parsed = outcome.iterations[-1].parsed if outcome.iterations else UNSET
    return value if parsed is UNSET else parsed


def _of_schema(place: SpecField, kind: str) -> Iterator[Any]:
    body = place.bounds
    yield from body.get("examples", ())
    if "enum" in body or "const" in body:
        yield from (value for value in body.get("enum", [body.get("const")]) if value is not None)
    elif kind == "boolean":
        yield from (True, False)
    elif kind in ("integer", "number"):
        yield from _numbers(body, kind)
    elif "pattern" in body:
        yield from _matching(body["pattern"])
    else:
        yield from FORMATS.get(body.get("format", ""), TEXTS)


def _numbers(body: Body, kind: str) -> Iterator[Any]:
    lower = body.get("minimum", body.get("exclusiveMinimum"))
    upper = body.get("maximum", body.get("exclusiveMaximum"))
    step = body.get("multipleOf", 1)
    pool: list[Any] = [one for one in _NUMBERS if kind == "number" or isinstance(one, int)]
    if lower is not None:
        pool += [lower, lower + step, lower + step / 2]
    if upper is not None:
        pool += [upper, upper - step]
    if lower is not None and upper is not None:
        pool.append(lower + (upper - lower) / 2)
    pool += [one * step for one in _NUMBERS]
    if lower is not None:
        pool += [(lower // step + number) * step for number in range(1, _VARIANTS)]
    usual = [one for one in pool if kind == "number" or one == int(one)]
    yield from (int(one) if kind == "integer" else one for one in usual)


def _matching(pattern: str) -> Iterator[str]:
    """Yield texts that match a pattern: common ones, then random ones. Only common ones if `rstr` is not installed, or
    cannot parse the pattern.
    """
    compiled = railguard.pattern(pattern)
    usual = (*TEXTS, *_OTHER_FORMS, *(value for values in FORMATS.values() for value in values))
    yield from (text for text in usual if compiled.search(text))
    try:
        import rstr
    except ImportError:
        return
    made = rstr.Rstr(random.Random(pattern))
    for _ in range(_VARIANTS):
        try:
            yield str(made.xeger(pattern))
        except (re.error, ValueError, KeyError, IndexError, OverflowError):
            return


def _sized(body: Body, texts: list[Any]) -> list[str]:
    """Return texts of the lengths that a schema requires."""
    least, most = body.get("minLength", 0), body.get("maxLength")
    made = []
    for text in texts:
        if isinstance(text, str) and text:
            longer = " ".join([text] * (least // len(text) + 1))[: max(least, len(text))]
            made.append(longer.strip().ljust(least, "."))
            if most is not None:
                made.append(text[:most].strip())
    return made


def _keeps(body: Body, value: Any) -> bool:
    """Whether a value satisfies the bounds of its schema; the guard checks everything else."""
    size = len(value) if isinstance(value, (str, list, dict)) else value
    if isinstance(size, bool) or not isinstance(size, (int, float)) or size != size:
        return True
    lower: dict[str, Any] = {"minLength": str, "minItems": list, "minProperties": dict, "minimum": (int, float)}
    upper: dict[str, Any] = {"maxLength": str, "maxItems": list, "maxProperties": dict, "maximum": (int, float)}
    if any(isinstance(value, kind) and size < body[name] for name, kind in lower.items() if name in body):
        return False
    if any(isinstance(value, kind) and size > body[name] for name, kind in upper.items() if name in body):
        return False
    if isinstance(value, (str, list, dict)):
        return True
    if (step := body.get("multipleOf")) is not None and abs(size / step - round(size / step)) > 1e-9:
        return False
    over, under = body.get("exclusiveMinimum"), body.get("exclusiveMaximum")
    return (over is None or size > over) and (under is None or size < under)


def _is(value: Any, kind: str) -> bool:
    wanted: Any = {"string": str, "integer": int, "number": (int, float), "boolean": bool}[kind]
    return isinstance(value, wanted) and (kind == "boolean" or not isinstance(value, bool))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _refs(body: Body) -> set[str]:
    found, todo = set(), [body]
    while todo:
        one = todo.pop()
        if "$ref" in one:
            found.add(one["$ref"])
        todo += one.get("properties", {}).values()
        todo += [below for key in ("items", "additionalProperties") if isinstance(below := one.get(key), Mapping)]
        todo += [*one.get("anyOf", ()), *one.get("oneOf", ())]
    return found
