"""Every code of a problem in a RAIL document, with its meaning in one line. The documentation is generated from this
table.

A code is stable and searchable. Where the 1.0 dialect refuses (an error), older documents are read all the same and the
same code is a warning; codes that are never anything but a warning, or an error in every dialect, say so.
"""

from __future__ import annotations

__all__ = ["CODES"]

CODES: dict[str, str] = {
    # reading the file
    "no-file": "Always an error: the file is missing or cannot be read.",
    "undecodable": "Always an error: the bytes are not text in the encoding that the document declares.",
    "unknown-encoding": "Always an error: the document declares an encoding that is not supported.",
    "bad-character": "Always an error: a character that XML 1.0 does not allow, such as NUL or a lone surrogate.",
    "too-large": "Always an error: the document is larger than limits.spec_bytes.",
    "too-deep": "Always an error: elements are nested deeper than limits.spec_depth.",
    "too-many-elements": "Always an error: there are more elements than limits.spec_elements.",
    "too-many-rules": "Always an error: an element has more rules than limits.spec_rules. Those behind are not read.",
    # XML
    "doctype": "Always an error: a DOCTYPE, which could declare entities. It is refused unread.",
    "processing-instruction": "Always an error: a processing instruction. None has a meaning here.",
    "xinclude": "Always an error: an XInclude element or namespace. A spec never pulls in another file.",
    "empty-document": "Always an error: there is nothing in the document.",
    "text-before-document": "Always an error: text before the first element.",
    "after-document": "Always an error: content after the end of the root element.",
    "bare-ampersand": "Always an error: an & that starts no reference; write &amp;.",
    "bare-less-than": "Always an error: a < that starts no tag; write &lt;.",
    "undefined-entity": "Always an error: a named entity other than &amp; &lt; &gt; &quot; &apos;.",
    "unclosed-element": "Always an error: an element that is never closed.",
    "mismatched-tag": "Always an error: an end tag that does not belong to the element that is open.",
    "duplicate-attribute": "Always an error: an attribute is given twice on one element.",
    "unclosed-quote": "Always an error: the value of an attribute whose quote is never closed.",
    "unquoted-value": "Always an error: the value of an attribute without quotes around it.",
    "attribute-syntax": "Always an error: an attribute without a value, without a space before it, or with an invalid name.",
    "xml-syntax": "Always an error: any other violation of XML's syntax.",
    # the document
    "not-rail": "Always an error: the root element is not <rail>.",
    "no-output": "Always an error: there is no <output>.",
    "no-version": "Always a warning: <rail> has no version, so the document is read as an old one.",
    "unknown-version": "Always a warning: an unknown version, so the document is read as an old one.",
    "old-element": "An element of an older dialect.",
    "old-attribute": "An attribute of an older dialect, or an attribute in its old meaning.",
    "other-meaning": "Always a warning: an argument under another guard's name of a validator, which means another thing there.",
    "script-not-run": "Always a warning: a <script> of version 0.1. Nothing in a spec is ever executed.",
    "pydantic-model": "Always a warning: a <pydantic> element of version 0.1. The model it names is not looked up.",
    "unknown-element": "An element that RAIL does not have.",
    "misplaced-element": "A known element where it has no meaning.",
    "duplicate-element": "A second element where there can be one.",
    "stray-text": "Text where only elements have a meaning.",
    "element-in-text": "An element inside the text of a message.",
    # attributes
    "unknown-attribute": "An attribute that the element does not have.",
    "missing-attribute": "An attribute that the element needs.",
    "bad-boolean": "A value other than true and false.",
    "bad-number": "A value that is not a number, or out of range.",
    "bad-value": "A value that is not a literal, or not of the kind that is needed.",
    "bad-format": "A format that nothing can check.",
    "bad-pattern": "A regular expression that is invalid, or cannot run in linear time.",
    "bad-default": "An invalid default, or one that its rules refuse; a warning where their on-fail is noop.",
    "bad-range": "A lower bound above the upper bound.",
    "contradiction": "Bounds, rules or choices that exclude each other; a warning where an enum keeps other values.",
    "never-fails": "Always a warning: a rule without an effect, such as `length` without bounds, or one that other rules imply.",
    "fix-refused": "Always a warning: what a rule makes of a value, by on-fail fix, is refused by a later rule.",
    "filter-takes-all": "Always a warning: on-fail filter on a value without which nothing of the output is left.",
    "no-effect": "Always a warning: an attribute that changes nothing here.",
    # names and structure
    "empty-name": "Always a warning: a name without a character in it.",
    "missing-name": "A member of an object, or a case, without a name.",
    "duplicate-name": "A name that is taken by a sibling.",
    "too-many-items": "More than one element in a list.",
    "missing-child": "An element that needs children has none.",
    "unknown-type": "A type of <output> that does not exist.",
    "unknown-definition": "Always an error: a <ref> to a definition that does not exist.",
    "circular-definition": "Always an error: a definition that is nothing but a reference to itself.",
    # validators
    "validator-syntax": "A list of validators that breaks its grammar.",
    "validator-arguments": "Arguments that the validator does not take.",
    "validator-type": "A validator that does not support the type of the element.",
    "validator-package": "A validator that needs a package which is not installed. In an older document it cannot run.",
    "unknown-validator": "An unregistered validator. In an older document it is kept, but cannot run.",
    "bare-words": "Several bare words for one text argument; write them in quotes.",
    "unknown-on-fail": "An on-fail action that does not exist.",
    "on-fail-without-validator": "An on-fail-NAME where the element has no validator of that name.",
    # messages
    "bad-role": "An unknown role.",
    "template": "A prompt template that cannot be read.",
    "old-place": "Always a warning: a placeholder in a syntax that this document does not have, which is sent as plain text.",
    "primitive-form": "Always a warning: a primitive about another form of the schema than the one in the messages.",
    "schema-not-told": "Always a warning: no message shows the schema, or one announces it and it does not follow.",
    "undeclared-variable": "A template variable that <input> does not declare.",
    "unused-variable": "Always a warning: a declared variable that no message uses.",
    # writing
    "layout": "Always an error, of formatted(): the document cannot be formatted without changing its meaning.",
    "migrate": "Always an error, of migrated(): version 1.0 cannot express the document of an older dialect.",
    "not-writable": "Always an error, of write(): something that RAIL cannot express.",
}
"""Maps a code to its meaning. Without "Always", it is an error in a 1.0 document and a warning in an older one."""
