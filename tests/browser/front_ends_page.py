"""What docs/how-to/front-ends.md shows, with the names of this machine in place of the page's."""

import re
from pathlib import Path

PAGE = (Path(__file__).resolve().parents[2] / "docs/how-to/front-ends.md").read_text(encoding="utf-8")


def shown(language: str, *, api: str, app: str) -> list[str]:
    """The blocks of code in that language, for these two origins."""
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    names = {"https://api.example.com": api, "https://app.example.com": app, '"example.com"': '"localhost"'}
    for name, real in names.items():
        blocks = [block.replace(name, real) for block in blocks]
    return blocks
