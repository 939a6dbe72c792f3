"""Puts the pages of the documentation site into build/site-source, where mkdocs.yml has them: `make site`.

The README is the first page, and what else the pages link to outside of docs/ comes along, so that every link leads
somewhere. The pages themselves are written for readers of the repository, and stay as they are.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "build" / "site-source"
HOME = "index.md"
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")
"""A link to a file, and its place in it."""


def main() -> None:
    """Write every page anew."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    todo = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    done: set[Path] = set()
    while todo:
        page = todo.pop()
        if page in done or page == ROOT / "docs" / "README.md":
            continue
        done.add(page)
        place = SOURCE / place_of(page)
        place.parent.mkdir(parents=True, exist_ok=True)
        if page.suffix != ".md":
            shutil.copyfile(page, place)
            continue
        text = page.read_text(encoding="utf-8")
        linked = [target_of(page, link[1]) for link in LINK.finditer(text)]
        todo += [target for target in linked if target.is_file()]
        place.write_text(LINK.sub(lambda link, page=page: moved(page, link), text), encoding="utf-8")


def target_of(page: Path, link: str) -> Path:
    """The file that a link of a page means; of a folder its README."""
    target = (page.parent / link).resolve()
    return target / "README.md" if target.is_dir() else target


def place_of(file: Path) -> Path:
    """Where a file of the repository is on the site."""
    if file in (ROOT / "README.md", ROOT / "docs" / "README.md"):
        return Path(HOME)
    inside = file.relative_to(ROOT)
    return inside.relative_to("docs") if inside.parts[0] == "docs" else inside


def moved(page: Path, link: re.Match[str]) -> str:
    """A link as the site has it: one to a file that is not there becomes its name alone."""
    target = target_of(page, link[1])
    if not target.is_file():
        return f"] ({link[1]})"
    up = [".."] * (len(place_of(page).parts) - 1)
    return f"]({'/'.join([*up, *place_of(target).parts])}{link[2] or ''})"


if __name__ == "__main__":
    main()
