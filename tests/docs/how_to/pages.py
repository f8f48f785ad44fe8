"""The pages of docs/how-to as material: their code blocks, and modules made of them."""

import re
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parents[3] / "docs" / "how-to"


class Page:
    """One page; `blocks` are (language, title, text), the title of a block is the file that it is from."""

    def __init__(self, name):
        self.name = name
        self.text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
        found = re.findall(
            r'^( *)```(\w+)(?: title="([^"]+)")?\n(.*?)^\1```$', self.text, re.DOTALL | re.MULTILINE
        )
        self.blocks = [(kind, title, re.sub(rf"(?m)^{indent}", "", text)) for indent, kind, title, text in found]

    def block(self, title):
        """The text of the one block with this title, or of this language."""
        [text] = [text for kind, named, text in self.blocks if title in (named, kind)]
        return text

    def settings(self, title="settings.py"):
        """What the settings in a block come to."""
        names = {}
        exec(compile(self.block(title), self.name, "exec"), names)
        return {name: value for name, value in names.items() if name.isupper()}

    def install(self, monkeypatch, *titles):
        """Make modules of these files, importable by one another; the last one is returned."""
        for title in titles:
            name = title.removesuffix(".py").replace("/", ".")
            package, _dot, _name = name.rpartition(".")
            if package:
                monkeypatch.setitem(sys.modules, package, sys.modules.get(package) or _package(package))
            module = ModuleType(name)
            monkeypatch.setitem(sys.modules, name, module)
            exec(compile(self.block(title), title, "exec"), module.__dict__)
            if package:
                setattr(sys.modules[package], _name, module)
        return module


def _package(name):
    module = ModuleType(name)
    module.__path__ = []
    return module
