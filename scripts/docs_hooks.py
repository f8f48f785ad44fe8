"""Hooks of MkDocs: links that leave the site, and strange links."""

import logging
import re
from pathlib import Path
from typing import Any

logger = logging.getLogger("mkdocs.hooks")  # warnings are errors, with `strict`
EXTERNAL = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[^\s]*)?|http://([a-z]+\.)?localhost(:\d+)?(/[^\s]*)?")


def on_page_markdown(markdown: str, page: Any, config: Any, **_kwargs: Any) -> str:
    """A link to a file outside of docs becomes the file's name: the link works on GitHub, but not here."""
    docs = Path(config["docs_dir"]).resolve()
    folder = Path(page.file.abs_src_path).parent

    def named(link: re.Match[str]) -> str:
        target = (folder / link[2]).resolve()
        return link[0] if target.is_relative_to(docs) else f"{link[1]} (`{target.relative_to(docs.parent)}`)"

    return re.sub(r"\[([^]]+)\]\((\.\./[^)#]+)(?:#[^)]*)?\)", named, markdown)


def on_page_content(html: str, page: Any, **_kwargs: Any) -> None:
    """Warn of links that are not plain https."""
    for link in re.findall(r'(?:href|src)="([a-z]+:[^"]*)"', html):
        if not EXTERNAL.fullmatch(link):
            logger.warning("%s: a strange link: %s", page.file.src_uri, link)
