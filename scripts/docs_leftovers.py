"""A hook of MkDocs: it warns of Markdown and of markers that nothing has read: a page shows them as text."""

import logging
import re
from html.parser import HTMLParser
from typing import Any

logger = logging.getLogger("mkdocs.hooks")  # warnings are errors, with `strict`

#: What is a mistake anywhere, in code too. A formatter of code may have put blanks into the marker.
ANYWHERE = {"a snippet that was not included": re.compile(r"-+ ?8 ?< ?-+")}
#: What is a mistake in prose. Code may show such things.
IN_PROSE = {
    "a code block that is shown as text": re.compile(r"```|~~~"),
    "code in a line that is shown as text": re.compile(r"(?<!`)`(?!`)"),
    "a link that is shown as text": re.compile(r"\]\(|\]\["),
    "emphasis that is shown as text": re.compile(r"(?<![\w*])\*\*|(?<!\w)__\w"),
    "a mark that is shown as text": re.compile(r"==\w[^=]*==|\^\^\w|~~\w"),
    "a heading that is shown as text": re.compile(r"^#{1,6} ", re.MULTILINE),
    "a list that is shown as text": re.compile(r"^[-*+] |^1\. ", re.MULTILINE),
    "a table that is shown as text": re.compile(r"^\|.*\|$", re.MULTILINE),
    "an admonition that is shown as text": re.compile(r"^(!!!|\?\?\?\+?|===) ", re.MULTILINE),
    "a directive of mkdocstrings that is shown as text": re.compile(r"^:::", re.MULTILINE),
    "a tag of a template that is shown as text": re.compile(r"\{[%#{]|[%#}]\}"),
    "attributes that are shown as text": re.compile(r"\{:? ?[.#][\w-]"),
    "an icon that is shown as text": re.compile(r":(material|octicons|fontawesome|simple)-[\w-]+:"),
}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


class _Texts(HTMLParser):
    """What a reader sees of a page, as prose and as code."""

    def __init__(self) -> None:
        super().__init__()
        self.prose: list[str] = []
        self.code: list[str] = []
        self._depth = 0  # how many elements of code are open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("pre", "code"):
            self._depth += 1
            self.prose.append("\N{OBJECT REPLACEMENT CHARACTER}")  # so that code does not begin a line of prose
        elif tag in ("p", "li", "td", "th", "br"):
            self.prose.append("\n")
        elif tag in HEADINGS:
            self.prose.append("\n\N{OBJECT REPLACEMENT CHARACTER}")  # a heading may begin with "1. "

    def handle_endtag(self, tag: str) -> None:
        if tag in ("pre", "code"):
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        (self.code if self._depth else self.prose).append(data)


def leftovers(html: str) -> list[str]:
    """What is wrong with a page, each kind once, with the text at that place."""
    texts = _Texts()
    texts.feed(html)
    prose = "".join(texts.prose)
    everything = prose + "".join(texts.code)
    return [*_found(ANYWHERE, everything), *_found(IN_PROSE, prose)]


def _found(kinds: dict[str, re.Pattern[str]], text: str) -> list[str]:
    places = {kind: pattern.search(text) for kind, pattern in kinds.items()}
    return [f"{kind}: {text[at.start() : at.start() + 60]!r}" for kind, at in places.items() if at]


def on_page_content(html: str, page: Any, **_kwargs: Any) -> None:
    for what in leftovers(html):
        logger.warning("%s: %s", page.file.src_uri, what)
