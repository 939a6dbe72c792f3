"""Converts pydantic models, and every type that a TypeAdapter accepts, to a schema: the tree is shown to models, and
the user's own validator decides.

The tree is made from the type's JSON Schema; pydantic's validator of the type decides on structure. Rules are attached
by `Annotated[str, length(max=10)]` and never appear in the user's own JSON Schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from railguard.errors import Problem, SpecError
from railguard.schema import Schema
from railguard.schema.core_schemas import field_keys
from railguard.schema.user_model import UserModel
from railguard.sources.json_schema import convert
from railguard.sources.messages import message_templates
from railguard.sources.rules import misplaced_rules, refuse_misplaced
from railguard.sources.schema_keywords import NAMES_KEYWORD, RULES_KEYWORD
from railguard.spec import RepairPolicy, Spec
from railguard.validation import Rule
from railguard.values import Limits, Message

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["schema_from_type", "spec_from_pydantic", "user_model_of"]


def spec_from_pydantic(
    tp: Any,
    *,
    messages: Sequence[Message] | str | None = None,
    repair: RepairPolicy = "lossless",
    limits: Limits | None = None,
) -> Spec:
    """Return the spec of a model or type. messages: the conversation, a list of {"role", "content"} whose texts are
    templates, or one text. Raises the errors of `schema_from_type`, and SpecError for messages that cannot be read.
    """
    schema = schema_from_type(tp)
    templates, odd = message_templates(messages)
    return Spec(
        schema=schema,
        messages=templates,
        repair=repair,
        limits=limits or Limits(),
        warnings=odd,
        name=getattr(tp, "__name__", None),
    )


def schema_from_type(tp: Any) -> Schema:
    """Return the schema tree of a type, with the type itself as the validator (`user_model`) and as `source`.

    Field names are the JSON names (validation aliases). A model that ignores unknown keys (pydantic's default) has no
    `extra` here, so that a key that would be ignored silently is removed with a record instead.

    Raises SpecError: a type without a JSON form, naming the field; an alias that is a path; a rule that does not
    support its type, or that another annotation hides; a class that is not fully defined.
    """
    adapter = _adapter(tp)
    _refuse_notes(adapter.core_schema)
    document, rules = _document(adapter, tp)
    schema, _ = convert(document, judged=True, rules=rules, source=tp)
    return Schema(
        root=schema.root,
        definitions=schema.definitions,
        user_model=_user_model(adapter, tp),
        source=tp,
        own_checks=_own_checks(adapter.core_schema),
    )


def _adapter(tp: Any) -> TypeAdapter[Any]:
    from pydantic import BaseModel, TypeAdapter
    from pydantic.errors import PydanticUserError

    if isinstance(tp, Mapping):
        raise _refused("a type is expected, not a dict; a JSON Schema goes to Guard.from_json_schema")
    if isinstance(tp, BaseModel):
        raise _refused(f"a type is expected, not an instance: give the class {type(tp).__name__}")
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(tp)
        adapter.rebuild(raise_errors=True)
    except (PydanticUserError, NameError) as error:
        raise _refused(f"pydantic cannot validate {_name(tp)}: {_first_line(error)}") from error
    return adapter


def user_model_of(tp: Any) -> UserModel:
    """Return the type as a validator, with the data to create it again after unpickling."""
    return _user_model(_adapter(tp), tp)


def _user_model(adapter: TypeAdapter[Any], tp: Any) -> UserModel:
    return UserModel(adapter.core_schema, adapter.validator, (user_model_of, (tp,)))


def _own_checks(core_schema: Any) -> tuple[str, ...]:
    """Return the names of the functions in a type's core schema that are not pydantic's own."""
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
        found.update(dict.fromkeys(name for function in _functions(at) if (name := _own_name(function)) is not None))
        todo.extend(value for key, value in reversed(at.items()) if key not in ("metadata", "serialization"))
    return tuple(found)


def _functions(core_schema: dict[str, Any]) -> Iterator[Any]:
    """The functions by which one core schema itself checks or changes a value."""
    kind = str(core_schema.get("type", ""))
    if kind.startswith("function-"):
        yield core_schema["function"]["function"]
    elif kind == "model" and core_schema.get("post_init"):
        yield getattr(core_schema["cls"], core_schema["post_init"])
    elif kind == "dataclass" and core_schema.get("post_init"):
        yield core_schema["cls"].__post_init__
    if kind == "model" and core_schema.get("custom_init"):
        yield core_schema["cls"].__init__


def _own_name(function: Any) -> str | None:
    """The name of a function of the user's; None of one that pydantic or railguard puts into a core schema."""
    while isinstance(function, partial):
        function = function.func
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    if name.startswith("apply_known_metadata."):
        return "the function of a Predicate"  # pydantic's, around one of the user's
    module = getattr(function, "__module__", None) or ""
    own = module.split(".")[0] not in ("pydantic", "railguard") or module.startswith("pydantic.experimental")
    return name if own else None


def _refuse_notes(core_schema: Any) -> None:
    """Refuse rules in `Field(validators=[…])`, also objects that have no form in a JSON Schema. Raises SpecError."""
    names: dict[str, None] = {}
    todo = [core_schema]
    seen: set[int] = set()
    while todo:
        at = todo.pop()
        if isinstance(at, (list, tuple)):
            todo.extend(reversed(at))
        if not isinstance(at, dict) or id(at) in seen:
            continue
        seen.add(id(at))
        cls: Any = at.get("cls")
        for name, info in getattr(cls, "__pydantic_fields__", {}).items():
            extra = getattr(info, "json_schema_extra", None)
            if isinstance(extra, dict) and "validators" in extra:
                names[f"{cls.__name__}.{name}"] = None
        todo.extend(value for key, value in reversed(at.items()) if key not in ("metadata", "serialization"))
    if names:
        raise SpecError([misplaced_rules(name) for name in names])


def _document(adapter: Any, tp: Any) -> tuple[dict[str, Any], list[Rule]]:
    """Return the type's JSON Schema with the numbers of rules in it, and the rules."""
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
                fields = schema["fields"].items()  # pydantic before 2.14 includes aliases that it does not accept
                own_names = {n: {k: v for k, v in f.items() if k != "validation_alias"} for n, f in fields}
                schema = {**schema, "fields": own_names}
            stack.append(schema)
            try:
                found = super().generate_inner(schema)
            finally:
                stack.pop()
            if isinstance(schema.get("fields"), dict) and isinstance(found.get("properties"), dict):
                found = {
                    **found,
                    "properties": _with_names(found["properties"], schema["fields"], _config([*stack, schema])),
                }
            mine = schema.get("metadata", {}).get(RULES_KEYWORD)
            if not mine or id(mine) in seen:
                return found
            seen[id(mine)] = mine
            numbers = range(len(rules), len(rules) + len(mine))
            rules.extend(mine)
            # A schema that is a definition keeps its rules for all references to it.
            definition = self.get_schema_from_definitions(found["$ref"]) if "ref" in schema else None
            if definition is not None:
                definition[RULES_KEYWORD] = [*definition.get(RULES_KEYWORD, ()), *numbers]
                return found
            return {**found, RULES_KEYWORD: [*found.get(RULES_KEYWORD, ()), *numbers]}

        def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> dict[str, Any]:
            failed[:] = stack  # the last step: pydantic leaves out an option of a union that has no JSON form
            return super().handle_invalid_for_json_schema(schema, error_info)

        def field_title_should_be_set(self, schema: Any) -> bool:
            return False  # "Street" for a field `street` has no information for a model

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
    refuse_misplaced(document)
    _refuse_hidden(adapter.core_schema, rules)
    return document, rules


def _with_names(properties: dict[str, Any], fields: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of an object, each with the other names that the model accepts."""
    named = dict(properties)
    for attribute, field in fields.items():
        names = field_keys(attribute, field, config)
        own = next((name for name in names if name in named), None)
        others = [name for name in names if name != own]
        if own is not None and others and isinstance(named[own], dict):
            named[own] = {**named[own], NAMES_KEYWORD: others}
    return named


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Close an object that does not mention extra keys, because pydantic ignores them."""
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
    """Return the field of the innermost nested core schema: Model.field, or "" outside a field."""
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
    """Refuse an alias that is a path into other values: the field has no JSON name. Raises SpecError with the field."""
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
    """Return pydantic-core's configuration of the innermost model that has one."""
    return next((outer["config"] for outer in reversed(stack) if "config" in outer), {})


def _refuse_hidden(core: Any, rules: list[Rule]) -> None:
    """Refuse a rule that another annotation hides from the JSON Schema, because it would never run. Raises SpecError."""
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
        present = [(where, rule) for rule in here.get("metadata", {}).get(RULES_KEYWORD, ())]
        if here.get("type") == "model":
            # A validator that replaces the type's own removes what was before it, except here.
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


def _hidden(rule: Rule, where: str) -> Problem:
    place = f"at {where}: " if where else ""
    return Problem(
        f"{place}the rule {rule.describe()!r} is hidden by an annotation after it, so it would never run",
        "rule-hidden",
        hint="put the rule last, as in Annotated[str, BeforeValidator(…), length(max=10)]",
    )
