"""Reading the project's own documents in tests."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def section_of(page: Path, heading: str) -> str:
    """What stands below a heading of the second level, up to the next one."""
    _, found, rest = page.read_text().partition(f"\n## {heading}\n")
    assert found, f"{page.name} has no section {heading!r}"
    return rest.partition("\n## ")[0]


def blocks_in(text: str, language: str) -> list[str]:
    """The fenced code blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def rows_of(page: Path, *, heading: str = "") -> list[list[str]]:
    """The cells of every table row of a section (or of the whole page), without the tables' headers."""
    text = section_of(page, heading) if heading else page.read_text()
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rules = [number for number, row in enumerate(rows) if set("".join(row)) <= set("-: ")]
    headers = {each for number in rules for each in (number, number - 1)}
    return [row for number, row in enumerate(rows) if number not in headers]


def code_in(text: str) -> list[str]:
    """What stands in `backticks`."""
    return re.findall(r"`([^`\n]+)`", text)
