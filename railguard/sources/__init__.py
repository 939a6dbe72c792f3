"""Floor 2: creates schemas from sources other than RAIL documents: pydantic types, JSON Schemas, plain text with rules.

pydantic.py     types that pydantic takes           schema_document.py     a JSON Schema, checked
json_schema.py  JSON Schema as the tree             flatten.py             without allOf, where that can be said
text.py         plain text with rules               merge.py               two schemas as one
messages.py     the caller's messages as templates  choices.py             anyOf and oneOf that are a choice
rules.py        rules stand where they serve        schema_keywords.py     what each keyword constrains
definitions.py  what references lead to             remaining_keywords.py  keywords that the tree does not hold, as a rule
"""
