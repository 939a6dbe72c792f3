"""sql-injection: a text that does not change an SQL statement that it is put into."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.sql_injection import sql_injection


def test_it_keeps_the_laws():
    check_validator(
        sql_injection,
        passing=["", "'", "or ", "union select", "; drop", "select from", "%27", "/*", "or (((", "('"],
        failing=["' or 1=1", "x' union select null", "1; drop table a", "admin'--", "sleep' and sleep(5)"],
    )


@pytest.mark.parametrize(
    "text",
    [
        "' OR '1'='1",
        "' or 'a'='a' --",
        '" or ""="',
        "105 OR 1=1",
        "1) or (1=1",
        "' oR/**/1/**/=/**/1#",
        "' or true--",
        "' || '1'='1",
        "x' AND 1=1 AND 'y'='y",
        "%27%20OR%201%3D1--",
        "＇ OR ＇1＇=＇1",
        "-1 UNION SELECT null, version()",
        "' UNION ALL SELECT username, password FROM users--",
        "1 union/**/select 1,2,3",
        "Robert'); DROP TABLE Students;--",
        "1; DELETE FROM users",
        "x'; EXEC xp_cmdshell 'dir'",
        "; drop table users",
        "admin'--",
        "admin' #",
        "admin'/*",
        "x'; --",
        "1 AND sleep(5)",
        "1'; WAITFOR DELAY '0:0:5'--",
        "(select pg_sleep(10))",
        "1 and extractvalue(1, concat(0x7e, version()))",
        "' into outfile '/var/www/x.php",
        "/*!50000SELECT*/ 1",
        "select name from information_schema.tables",
    ],
)
def test_what_breaks_out_fails(text):
    result = sql_injection().run(text)
    assert result is not None
    assert result.fix is UNSET


@pytest.mark.parametrize(
    "text",
    [
        "O'Brien",
        "D'Angelo or O'Neil",
        "'yes' or 'no'",
        "The union will select a committee.",
        "Students' union select committee",
        "Please drop the table at the door; delete nothing.",
        "It costs 5; update your records.",
        "Select a seat from the list; 1 or 2?",
        "Room 1 or 2 = fine",
        "rock'n'roll -- the best",
        "#1 hit 'Hello' # 2",
        "time.sleep(5)",
        "We sleep (5 hours) and drink",
        "SELECT name FROM users WHERE id = 7",
        "100 % or 50%",
        "if a == 'x' or b == 'y':",
        "delete; insert; update",
        "Insert coin, then select a drink",
    ],
)
def test_ordinary_texts_pass(text):
    assert sql_injection().run(text) is None


def test_a_failure_quotes_and_marks_what_it_found():
    result = sql_injection().run("ada' OR 1=1 --")
    assert (
        result.message == 'The text must not change an SQL statement; it has a condition that is always true: "OR 1=1".'
    )
    assert result.spans == [(5, 11)]


def test_it_reads_as_words_for_a_model():
    assert sql_injection().describe() == "without SQL that changes a statement it is put into"
