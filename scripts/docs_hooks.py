"""Hooks of MkDocs: folders in the navigation, colours of code, links that leave the site, hidden mistakes."""

import logging
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File
from pygments.formatters import HtmlFormatter

logger = logging.getLogger("mkdocs.hooks")  # warnings are errors, with `strict`
EXTERNAL = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[^\s]*)?|http://([a-z]+\.)?localhost(:\d+)?(/[^\s]*)?")


def on_config(config: Any) -> Any:
    """`how-to/*.md` in the navigation stands for every page of that folder that it does not name itself."""
    config["nav"] = _expanded(config["nav"], Path(config["docs_dir"]), set(_named(config["nav"])))
    return config


def _named(entry: Any) -> list[str]:
    """Every page that the navigation names."""
    if isinstance(entry, str):
        return [entry]
    return [page for inner in (entry.values() if isinstance(entry, dict) else entry) for page in _named(inner)]


def _expanded(entry: Any, docs: Path, named: set[str]) -> Any:
    if isinstance(entry, dict):
        return {title: _expanded(inner, docs, named) for title, inner in entry.items()}
    if isinstance(entry, list):
        return [page for inner in entry for page in _pages(inner, docs, named)]
    return entry


def _pages(entry: Any, docs: Path, named: set[str]) -> list[Any]:
    if isinstance(entry, str) and "*" in entry:
        found = sorted(docs.glob(entry), key=lambda path: path.read_text(encoding="utf-8"))  # by title
        return [page for path in found if (page := path.relative_to(docs).as_posix()) not in named]
    return [_expanded(entry, docs, named)]


def on_files(files: Any, config: Any) -> Any:
    """The colours of code, by Pygments, in light and dark."""
    light, dark = (HtmlFormatter(style=style) for style in ("default", "github-dark"))
    css = [light.get_style_defs(".highlight"), dark.get_style_defs('[data-bs-theme="dark"] .highlight')]
    files.append(File.generated(config, "code.css", content="\n".join(css)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, **_kwargs: Any) -> str:
    """A link to a file outside of docs becomes the file's name: the link works on GitHub, but not here."""
    docs = Path(config["docs_dir"]).resolve()
    folder = Path(page.file.abs_src_path).parent

    def named(link: re.Match[str]) -> str:
        target = (folder / link[2]).resolve()
        return link[0] if target.is_relative_to(docs) else f"{link[1]} (`{target.relative_to(docs.parent)}`)"

    return re.sub(r"\[([^]]+)\]\((\.\./[^)#]+)(?:#[^)]*)?\)", named, markdown)


def on_page_content(html: str, page: Any, **_kwargs: Any) -> None:
    """Warn of code in a list that is not indented by four spaces, and of links that are not plain https."""
    if "```" in html:
        logger.warning("%s: a code block is shown as text", page.file.src_uri)
    for link in re.findall(r'(?:href|src)="([a-z]+:[^"]*)"', html):
        if not EXTERNAL.fullmatch(link):
            logger.warning("%s: a strange link: %s", page.file.src_uri, link)
