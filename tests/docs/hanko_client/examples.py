"""The pages of docs/hanko-client as material: their sections, and the examples in each section.

An example is a block of Python and the blocks of text behind it. A block with a title is an exchange; the title
names its recording (`file: step`). A block without a title is what the Python prints.
"""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "docs" / "hanko-client"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}

_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^###? (.+)\n", re.MULTILINE)
_LEFT_OUT = "…"


@dataclass(frozen=True, kw_only=True)
class Example:
    """One block of Python. `exchanges` are the texts of the exchanges by their titles."""

    name: str
    code: str
    exchanges: dict[str, str]
    printed: str


def sections(page: str) -> dict[str, str]:
    """What stands below each heading of a page, by the heading."""
    _top, *rest = _HEADING.split(PAGES[page])
    return {heading.strip("`"): text for heading, text in zip(rest[::2], rest[1::2], strict=True)}


def examples() -> list[Example]:
    """The examples of all pages. Each one begins with the first Python of its page, which makes the client."""
    return [example for page in PAGES for example in _examples(page)]


def _examples(page: str) -> list[Example]:
    first, *others = re.split(r"^(?=```python\n)", PAGES[page], flags=re.MULTILINE)[1:]
    start = _BLOCK.findall(first)[0][2]
    return [_example(f"{page}-{number}", start, text) for number, text in enumerate(others, 1)]


def _example(name: str, start: str, text: str) -> Example:
    (_python, _none, code), *behind = _BLOCK.findall(text)
    return Example(
        name=name,
        code=f"{start}\n{code}",
        exchanges={title: block for _kind, title, block in behind if title},
        printed="".join(block for _kind, title, block in behind if not title),
    )


def says(written: str, real: str) -> bool:
    """The page's text is the real one, whatever the line breaks. "…" on the page stands for text left out."""
    parts = "".join(written.split()).split(_LEFT_OUT)
    pattern = ".*?".join(re.escape(part) for part in parts)
    return re.fullmatch(pattern, "".join(real.split())) is not None
