"""pydantic models, and every type a TypeAdapter takes, as a schema: the tree shows, the user's own validator decides.

The tree comes from the type's JSON Schema; pydantic's validator of the type stays the judge of structure. Rules are
attached by `Annotated[str, length(max=10)]` and never appear in the user's own JSON Schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from railguard.errors import Problem, SpecError
from railguard.schema import Schema
from railguard.sources.json_schema import convert
from railguard.sources.keywords import RULES
from railguard.sources.messages import message_templates
from railguard.spec import RepairPolicy, Spec
from railguard.validation import Rule
from railguard.values import Limits, Message

__all__ = ["schema_from_type", "spec_from_pydantic"]


def spec_from_pydantic(
    tp: Any,
    *,
    messages: Sequence[Message] | str | None = None,
    repair: RepairPolicy = "lossless",
    limits: Limits | None = None,
) -> Spec:
    """The spec of a model or type. messages: the conversation, a list of {"role", "content"} whose texts are templates,
    or one text. Raises what `schema_from_type` raises, and SpecError for messages that cannot be read."""
    schema = schema_from_type(tp)
    return Spec(
        schema=schema,
        messages=message_templates(messages),
        repair=repair,
        limits=limits or Limits(),
        name=getattr(tp, "__name__", None),
    )


def schema_from_type(tp: Any) -> Schema:
    """The tree of a type, with the type's own validator as `validator` and the type as `source`.

    Field names are the JSON names (validation aliases). A model that ignores unknown keys (pydantic's default) has no
    `extra` here, so that a key that would be ignored silently is removed with a record instead.

    Raises SpecError: a type without a JSON form, naming the field; an alias that is a path; a rule that its type does
    not serve, or that another annotation hides; a class that is not fully defined.
    """
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        adapter: TypeAdapter[Any] = TypeAdapter(tp)
        adapter.rebuild(raise_errors=True)
    except (PydanticUserError, NameError) as error:
        raise _refused(f"pydantic cannot validate {_name(tp)}: {_first_line(error)}") from error
    _refuse_dropped(adapter.core_schema)
    document, rules = _document(adapter, tp)
    schema, _ = convert(document, judged=True, rules=rules, source=tp)
    return Schema(
        root=schema.root,
        definitions=schema.definitions,
        validator=adapter.validator,
        source=tp,
        own_checks=_own_checks(adapter.core_schema),
    )


def _own_checks(core_schema: Any) -> tuple[str, ...]:
    """The names of the functions in a type's core schema that are not pydantic's own."""
    found: dict[str, None] = {}
    todo = [core_schema]
    seen: set[int] = set()
    while todo:
        at = todo.pop()
        if isinstance(at, (list, tuple)):
            todo.extend(reversed(at))
        if not isinstance(at, dict) or id(at) in seen:
            continue
        seen.add(id(at))
        if str(at.get("type", "")).startswith("function-"):
            function = at["function"].get("function")
            module = getattr(function, "__module__", None) or ""
            if module.split(".")[0] not in ("pydantic", "pydantic_core", "builtins", "railguard", ""):
                found[getattr(function, "__qualname__", repr(function))] = None
        todo.extend(value for key, value in reversed(at.items()) if key not in ("metadata", "serialization"))
    return tuple(found)


def _document(adapter: Any, tp: Any) -> tuple[dict[str, Any], list[Rule]]:
    """The type's JSON Schema with the numbers of rules in it, and the rules."""
    from pydantic.errors import PydanticUserError
    from pydantic.json_schema import GenerateJsonSchema

    rules: list[Rule] = []
    stack: list[Any] = []
    failed: list[Any] = []
    seen: dict[int, Any] = {}

    class Generator(GenerateJsonSchema):
        ignored_warning_kinds = {"skipped-choice", "non-serializable-default", "skipped-discriminator"}  # noqa: RUF012

        def generate_inner(self, schema: Any) -> dict[str, Any]:
            if "validation_alias" in schema:
                _refuse_path(schema["validation_alias"], [*stack, schema])
            if isinstance(schema.get("fields"), dict) and _config(stack).get("validate_by_alias") is False:
                fields = schema["fields"].items()  # pydantic before 2.14 shows aliases that it does not take
                own_names = {n: {k: v for k, v in f.items() if k != "validation_alias"} for n, f in fields}
                schema = {**schema, "fields": own_names}
            stack.append(schema)
            try:
                found = super().generate_inner(schema)
            finally:
                stack.pop()
            mine = schema.get("metadata", {}).get(RULES)
            if not mine or id(mine) in seen:
                return found
            seen[id(mine)] = mine
            numbers = range(len(rules), len(rules) + len(mine))
            rules.extend(mine)
            # A schema that is a definition keeps its rules for all who refer to it.
            definition = self.get_schema_from_definitions(found["$ref"]) if "ref" in schema else None
            if definition is not None:
                definition[RULES] = [*definition.get(RULES, ()), *numbers]
                return found
            return {**found, RULES: [*found.get(RULES, ()), *numbers]}

        def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> dict[str, Any]:
            failed[:] = stack  # the last: pydantic leaves out an option of a union that has no JSON form
            return super().handle_invalid_for_json_schema(schema, error_info)

        def field_title_should_be_set(self, schema: Any) -> bool:
            return False  # "Street" for a field `street` tells a model nothing

        def model_schema(self, schema: Any) -> dict[str, Any]:
            return _closed(super().model_schema(schema))

        def dataclass_schema(self, schema: Any) -> dict[str, Any]:
            return _closed(super().dataclass_schema(schema))

        def typed_dict_schema(self, schema: Any) -> dict[str, Any]:
            return _closed(super().typed_dict_schema(schema))

        def sort(self, value: dict[str, Any], parent_key: str | None = None) -> dict[str, Any]:
            return value

    try:
        document = adapter.json_schema(schema_generator=Generator)
    except PydanticUserError as error:
        raise _refused(f"{_field(failed) or _name(tp)} has no JSON form: {_first_line(error)}") from error
    _refuse_hidden(adapter.core_schema, rules)
    return document, rules


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """An object that says nothing on further keys is one that ignores them."""
    if schema.get("type") == "object" and "properties" in schema:
        schema.setdefault("additionalProperties", False)
    return schema


def _refused(message: str) -> SpecError:
    return SpecError.of(message, code="pydantic")


def _name(tp: Any) -> str:
    return getattr(tp, "__name__", None) or str(tp)


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]


def _field(stack: list[Any]) -> str:
    """The field that the innermost of nested core schemas belongs to: Model.field, or "" outside a field."""
    owner = ""
    found = ""
    for outer, inner in pairwise(stack):
        owner = getattr(outer.get("cls"), "__name__", None) or outer.get("dataclass_name") or owner
        fields = outer.get("fields")
        if isinstance(fields, dict):
            names = [name for name, field in fields.items() if field is inner]
        else:
            names = [field.get("name", "") for field in fields or () if field is inner]
        if names:
            found = f"{owner}.{names[0]}" if owner else names[0]
    return found


def _refuse_path(alias: Any, stack: list[Any]) -> None:
    """An alias that is a path into other values gives a field no JSON name. Raises SpecError naming the field."""
    if isinstance(alias, str) or any(isinstance(path, list) and len(path) == 1 for path in alias):
        return
    config = _config(stack)
    if config.get("validate_by_name") or config.get("populate_by_name"):
        return
    raise SpecError.of(
        f"{_field(stack)} has an alias that is a path ({alias!r}), so it has no JSON name",
        code="pydantic",
        hint="give it a plain alias, or set populate_by_name=True",
    )


def _config(stack: list[Any]) -> dict[str, Any]:
    """pydantic-core's configuration of the innermost model that has one."""
    return next((outer["config"] for outer in reversed(stack) if "config" in outer), {})


def _refuse_hidden(core: Any, rules: list[Rule]) -> None:
    """A rule that another annotation hides from the JSON Schema would never run. Raises SpecError naming it."""
    known = {id(rule) for rule in rules}
    problems: dict[int, Problem] = {}
    todo: list[tuple[Any, str, str]] = [(core, "", "")]
    seen: set[int] = set()
    while todo:
        here, owner, where = todo.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        if not isinstance(here, dict):
            todo.extend((part, owner, where) for part in here if isinstance(part, (dict, list, tuple)))
            continue
        cls = here.get("cls")
        owner = getattr(cls, "__name__", owner)
        present = [(where, rule) for rule in here.get("metadata", {}).get(RULES, ())]
        if here.get("type") == "model":
            # A validator that replaces the type's own leaves no trace of what stood before it, except here.
            members = getattr(cls, "__pydantic_fields__", {}).items()
            present += [(f"{owner}.{name}", rule) for name, field in members for rule in field.metadata]
        for place, rule in present:
            if isinstance(rule, Rule) and id(rule) not in known:
                problems[id(rule)] = _hidden(rule, place)
        for key, part in here.items():
            if key == "fields" and isinstance(part, dict):
                todo.extend((field, owner, f"{owner}.{name}" if owner else str(name)) for name, field in part.items())
            elif key not in ("metadata", "serialization") and isinstance(part, (dict, list, tuple)):
                todo.append((part, owner, where))
    if problems:
        raise SpecError(list(problems.values()))


def _refuse_dropped(core: Any) -> None:
    """Rules in `Field(validators=…)`, which pydantic takes for a part of the JSON Schema. Raises SpecError naming them."""
    problems: dict[int, Problem] = {}
    todo = [core]
    seen: set[int] = set()
    while todo:
        here = todo.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        if isinstance(here, dict):
            cls: Any = here.get("cls")
            for name, field in getattr(cls, "__pydantic_fields__", {}).items():
                if isinstance(field.json_schema_extra, dict) and "validators" in field.json_schema_extra:
                    problems[id(field)] = _dropped(f"{cls.__name__}.{name}")
            todo.extend(part for key, part in here.items() if key not in ("metadata", "serialization"))
        elif isinstance(here, (list, tuple)):
            todo.extend(here)
    if problems:
        raise SpecError(list(problems.values()))


def _dropped(where: str) -> Problem:
    return Problem(
        f"at {where}: Field(validators=…) is guardrails-ai's, and pydantic would drop it, so its rules would never run",
        "rule-hidden",
        hint="put them in Annotated: name: Annotated[str, length(max=10)]; "
        "railguard.compat.guardrails takes guardrails-ai's models as they are",
    )


def _hidden(rule: Rule, where: str) -> Problem:
    place = f"at {where}: " if where else ""
    return Problem(
        f"{place}the rule {rule.describe()!r} is hidden by an annotation after it, so it would never run",
        "rule-hidden",
        hint="put the rule last, as in Annotated[str, BeforeValidator(…), length(max=10)]",
    )
