"""`railguard migrate`."""

OLD = """<rail version="0.1">
<output>
  <string name="a" format="two-words" bogus="1"/> <!-- kept -->
</output>
<prompt>Go: {{x}}</prompt>
</rail>
"""
NEW = """<rail version="1.0">
<output>
  <string name="a" validators="two-words"/> <!-- kept -->
</output>
<messages><message role="user">Go: ${x}</message></messages>
</rail>
"""


def test_a_file_is_rewritten_in_place_and_what_is_dropped_is_said_with_its_place(folder, cli):
    (folder / "old.rail").write_bytes(OLD.encode())
    result = cli("migrate", "old.rail")
    assert (result.code, result.out) == (0, "")
    assert (folder / "old.rail").read_text(encoding="utf-8") == NEW
    assert "old.rail:3:39: warning[unknown-attribute]" in result.err
    assert result.err.endswith("1 of 1 changed\n")
    assert cli("migrate", "old.rail").err == "0 of 1 changed\n"


def test_diff_writes_nothing_and_shows_what_would_change(folder, cli):
    (folder / "old.rail").write_bytes(OLD.encode())
    result = cli("migrate", "--diff", "old.rail")
    assert result.code == 0
    assert '-<rail version="0.1">\n+<rail version="1.0">\n' in result.out
    assert (folder / "old.rail").read_text(encoding="utf-8") == OLD


def test_standard_input_goes_to_stdout(folder, cli):
    assert cli("migrate", "-", stdin=OLD).out == NEW


def test_what_only_the_author_can_mend_fails_and_is_said_with_its_place(folder, cli):
    (folder / "old.rail").write_text(OLD.replace("two-words", "is-vegan: 1"), encoding="utf-8")
    result = cli("migrate", "--format", "json", "old.rail")
    assert result.code == 1
    assert [(one["line"], one["code"]) for one in result.json["left"]] == [(3, "unknown-validator")]
    assert [one["code"] for one in result.json["dropped"]] == ["unknown-attribute"]


def test_what_is_no_rail_is_refused_with_its_place(folder, cli):
    (folder / "old.rail").write_text("<rail>\n<output>\n</rail>", encoding="utf-8")
    result = cli("migrate", "old.rail")
    assert result.code == 2
    assert "old.rail:2:1: error[unclosed-element]" in result.err
