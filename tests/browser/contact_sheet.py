"""One HTML page that shows every picture of this run beside the picture of the run before."""

from html import escape
from pathlib import Path
from shutil import move, rmtree

BEFORE, AFTER = "before", "after"
SHEET = "index.html"
STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 1rem; color-scheme: light dark }
section > div { display: flex; flex-wrap: wrap; gap: 1rem; align-items: start }
figure { margin: 0 0 1rem; flex: 1 1 20rem; max-width: 48rem }
img { max-width: 100%; border: 1px solid GrayText }
.same { opacity: .6 }
"""
TITLE = "Before and after"
HEAD = (
    f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{TITLE}</title>'
    f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
)


def keep_the_last_run(folder: Path) -> None:
    """The pictures in `after` become those in `before`. Pictures from before that have no successor are gone."""
    after = folder / AFTER
    if after.exists():
        rmtree(folder / BEFORE, ignore_errors=True)
        move(after, folder / BEFORE)
    after.mkdir(parents=True)


def write_sheet(folder: Path) -> Path:
    """Write the page with all pictures of both runs, one row a page and look. Returns its path."""
    names = sorted({path.name for kind in (BEFORE, AFTER) for path in (folder / kind).glob("*.png")})
    said = f"{len(names)} pictures. Those that are pale have not changed."
    rows = "".join(_row(folder, name) for name in names)
    sheet = folder / SHEET
    sheet.write_text(f"{HEAD}<h1>{TITLE}</h1><p>{said}</p>{rows}</html>", encoding="utf-8")
    return sheet


def _row(folder: Path, name: str) -> str:
    before, after = ((folder / kind / name) for kind in (BEFORE, AFTER))
    is_same = before.exists() and after.exists() and before.read_bytes() == after.read_bytes()
    figures = "".join(_figure(folder, path) for path in (before, after))
    title = escape(name.removesuffix(".png"))
    return f"<section{' class=same' if is_same else ''}><h2>{title}</h2><div>{figures}</div></section>"


def _figure(folder: Path, path: Path) -> str:
    caption = f"<figcaption>{path.parent.name}</figcaption>"
    source = escape(path.relative_to(folder).as_posix())
    picture = f'<img src="{source}" alt="" loading="lazy">' if path.exists() else "<p>no picture</p>"
    return f"<figure>{caption}{picture}</figure>"
