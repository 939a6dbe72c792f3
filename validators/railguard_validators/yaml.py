"""yaml: a text is a YAML document."""

from __future__ import annotations

from typing import Literal

from railguard import FailResult, validator
from railguard_validators._formats.fences import taken_out
from railguard_validators._formats.positions import place, span
from railguard_validators._formats.yaml import NotYaml, documents


class Yaml:
    """YAML 1.1 as PyYAML's safe loader reads it, one document unless `many`. Also refused, besides syntax errors: a tag
    that is not YAML's own (`!!python/object`), a key that is given twice in a mapping, nesting beyond 64, and aliases
    that form a circle or expand to more than 100,000 values. Almost any line of prose is YAML too, as a single text;
    `root` sets the required type. Needs PyYAML.

    The fix removes a Markdown code fence around the document. Nothing else is changed.

    root: the type of the document: "mapping", "sequence", or "any".
    many: whether several documents, with --- between them, are allowed.
    tags: additional allowed tags of an application, such as ["!Ref"].

    >>> yaml(root="mapping").run("name: Ada\\nborn: 1815")
    >>> yaml().run("name: Ada: Lovelace").message
    'The text is not valid YAML: mapping values are not allowed here at line 1, column 10.'
    >>> yaml(root="mapping").run("Sure, here it is!").message
    'The YAML must be a mapping (key: value), not a single value.'
    """

    __slots__ = ("_many", "_root", "_tags", "prompt")

    def __init__(
        self, root: Literal["any", "mapping", "sequence"] = "any", many: bool = False, tags: list[str] | None = None
    ) -> None:
        self._root = root
        self._many = many
        self._tags = frozenset(tags or ())
        for tag in self._tags:
            if not tag.startswith("!") or tag.startswith("!!"):
                raise ValueError(f"{tag!r} in tags is no tag of an application; write it as '!Ref'")
        what = "YAML" if root == "any" else f"YAML whose root is a {root}"
        self.prompt = what + (", one document or more" if many else "")

    def __call__(self, value: str) -> FailResult | None:
        try:
            roots = documents(value, self._tags)
        except NotYaml as error:
            where = f" at {place(value, error.at)}" if error.at is not None else ""
            spans = [span(value, error.at)] if error.at is not None else ()
            message = f"The text is not valid YAML: {error.what}{where}."
            return FailResult(message, fix=taken_out(value, self), spans=spans)
        if not roots:
            return FailResult("The text is empty; it must be a YAML document.")
        if len(roots) > 1 and not self._many:
            at = roots[1].start_mark.index
            message = f"There are {len(roots):,} YAML documents; there must be one."
            return FailResult(message, fix=taken_out(value, self), spans=[span(value, at)])
        for root in roots:
            found = getattr(root, "id", "scalar")
            if self._root not in ("any", found):
                what = "mapping (key: value)" if self._root == "mapping" else "sequence (- item)"
                is_ = "a single value" if found == "scalar" else f"a {found}"
                message = f"The YAML must be a {what}, not {is_}."
                return FailResult(message, fix=taken_out(value, self))
        return None


yaml = validator("yaml", subject="Documents and code", aliases=("valid-yaml",), requires={"yaml": "railguard[yaml]"})(
    Yaml
)
