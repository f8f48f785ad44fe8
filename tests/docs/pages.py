"""All pages of the documentation as material: their commands, and their blocks of code."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r'^( *)```([\w-]*)(?: title="([^"]*)")?\n(.*?)^\1```$', re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A fenced block; `line` is that of its first line of code."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


class Command(NamedTuple):
    """What a reader types, or a name in a sentence (`in_prose`): that may lack what the sentence is not about."""

    page: str
    line: int
    text: str
    in_prose: bool

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks() -> list[Block]:
    return [block for page in PAGES for block in _blocks_of(page)]


def _blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page.relative_to(ROOT).as_posix(),
            text.count("\n", 0, found.start()) + 2,
            found[2],
            re.sub(rf"(?m)^{found[1]}", "", found[4]),
        )
        for found in FENCE.finditer(text)
    ]


def commands(program: str) -> list[Command]:
    """Every command of a program (a regular expression), which a line or a pair of backticks begins with."""
    return [command for page in PAGES for command in _commands_of(page, program)]


def _commands_of(page: Path, program: str) -> list[Command]:
    text = page.read_text(encoding="utf-8")
    typed = re.compile(
        rf"^ *(?:\$ )?(?:[A-Z_]+=\S+ )*((?:(?:\.venv/bin/)?python3? )?{program}\b(?:.*\\\n)*.*)$", re.MULTILINE
    )
    named = re.compile(rf"`(?:[A-Z_]+=\S+ )*((?:python3? )?{program}\b[^`]*)`")
    code = "\n".join(line if line.startswith(("    ", "$ ")) else "" for line in _without_fences(text))
    return [
        Command(page.relative_to(ROOT).as_posix(), source.count("\n", 0, found.start()) + 1, found[1], in_prose)
        for pattern, source, in_prose in ((typed, code, False), (named, text, True))
        for found in pattern.finditer(source)
    ]


def _without_fences(text: str) -> list[str]:
    """The lines, those of blocks for a shell indented as code is."""
    for found in FENCE.finditer(text):
        lines = "\n".join(f"    {line}" if line else "" for line in found[4].splitlines())
        shown = lines if found[2] in ("sh", "console") else re.sub(r"(?m)^.*$", "", lines)
        text = text.replace(found[0], f"\n{shown}\n", 1)
    return text.splitlines()
