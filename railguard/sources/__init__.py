"""Floor 2: what is not a RAIL document becomes a schema: pydantic types, JSON Schemas, plain text with rules.

pydantic.py     types that pydantic takes                document.py     a JSON Schema, checked
json_schema.py  JSON Schema as the tree                  flatten.py      without allOf, where that can be said
text.py         plain text with rules                    merge.py        two schemas as one
messages.py     the caller's messages as templates       choices.py      anyOf and oneOf that are a choice
rules.py        rules stand where they serve             keywords.py     what each keyword constrains
definitions.py  what references lead to                  residual.py     keywords that the tree does not hold, as a rule
"""
