"""The files that were named: read as they are, and saved over the version that was read and no other."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from railguard import InputError
from railguard.play import MOST, Conflict, OpenFile


def test_a_file_is_saved_over_the_version_that_was_read(tmp_path: Path) -> None:
    path = tmp_path / "a.rail"
    path.write_bytes(b"one\r\n")
    file = OpenFile(str(path))
    first = file.read()
    assert first.text == "one\r\n"
    second = file.save("two\r\n", first.id)
    assert path.read_bytes() == b"two\r\n"
    with pytest.raises(Conflict) as conflict:
        file.save("three", first.id)
    assert conflict.value.now == second
    assert path.read_bytes() == b"two\r\n"


def test_of_many_who_save_over_one_version_one_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "a.rail"
    path.write_text("one")
    file = OpenFile(str(path))
    version, saved, refused = file.read().id, [], []

    def save(text: str) -> None:
        try:
            file.save(text, version)
            saved.append(text)
        except Conflict:
            refused.append(text)

    threads = [threading.Thread(target=save, args=(f"text {number}",)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(saved) == 1
    assert len(refused) == 11
    assert path.read_text() == saved[0]


def test_a_new_file_is_made_once(tmp_path: Path) -> None:
    file = OpenFile(str(tmp_path / "new.rail"))
    assert (file.read().text, file.read().id) == ("", "")
    file.save("<rail/>", "")
    assert (tmp_path / "new.rail").read_text() == "<rail/>"
    with pytest.raises(Conflict):
        file.save("other", "")


def test_the_mark_at_the_beginning_and_the_permissions_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.rail"
    path.write_bytes("\ufeffé".encode())
    path.chmod(0o640)
    file = OpenFile(str(path))
    assert file.read().text == "é"
    file.save("à", file.read().id)
    assert path.read_bytes() == "\ufeffà".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["a.rail"]


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.rail").write_text("one")
    (tmp_path / "link.rail").symlink_to("real.rail")
    file = OpenFile(str(tmp_path / "link.rail"))
    file.save("two", file.read().id)
    assert (tmp_path / "link.rail").is_symlink()
    assert (tmp_path / "real.rail").read_text() == "two"


@pytest.mark.parametrize(("data", "said"), [(b"\xff\xfe", "not UTF-8"), (b"x" * (MOST + 1), "larger than")])
def test_what_cannot_be_edited_is_refused_when_it_is_opened(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "a.rail").write_bytes(data)
    with pytest.raises(InputError, match=said):
        OpenFile(str(tmp_path / "a.rail"))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        OpenFile(str(tmp_path))


def test_half_of_a_character_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.rail"
    path.write_text("one")
    file = OpenFile(str(path))
    with pytest.raises(InputError, match="half of a pair"):
        file.save("\ud800", file.read().id)
    assert path.read_text() == "one"
