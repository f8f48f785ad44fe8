"""What the code can say: texts for people, lines of the log, titles of pages, subjects of e-mails."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import passkeys_django

PACKAGE = Path(passkeys_django.__file__).parent
TEMPLATES = PACKAGE / "templates" / "passkeys_django"
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sdr]|\{\{.*?\}\}|\{\w*\}")
TRANSLATED = re.compile(
    r'{%\s*translate\s+"([^"]*)"|{%\s*blocktranslate[^%]*%}(.*?){%\s*(?:endblocktranslate|plural)', re.DOTALL
)
TITLE = re.compile(r"{%\s*block title\s*%}(.*?){%\s*endblock", re.DOTALL)


def plain(text: str) -> str:
    """A text as a page shows it: on one line, and with … for what the code fills in."""
    return PLACEHOLDER.sub("…", " ".join(text.split()))


def translated(source: str) -> list[str]:
    """The texts that a template marks for translation."""
    return [plain(first or second) for first, second in TRANSLATED.findall(source)]


def sentences() -> set[str]:
    """The sentences that the package's Python says to people, and those of the script's fallback.

    Labels, headings and questions do not end with a full stop. Help texts of fields say nothing that went wrong.
    """
    fallback = translated((TEMPLATES / "_script.html").read_text("utf-8"))
    return {text for text in {*_of_python(), *fallback} if text.endswith(".")}


def _of_python() -> Iterator[str]:
    for tree in _trees():
        help_texts = {id(word.value) for word in ast.walk(tree) if _is_help_text(word)}
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and _name(call.func) in GETTEXT and id(call) not in help_texts:
                yield from (plain(text) for text in _constants(call.args))


def _trees() -> Iterator[ast.Module]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield ast.parse(path.read_text("utf-8"))


def _is_help_text(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg == "help_text"


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _constants(arguments: list[ast.expr]) -> Iterator[str]:
    for argument in arguments:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value


def log_lines() -> set[tuple[str, str]]:
    """The text and the level of each line that the logger `passkeys_django` can write."""
    return {line for tree in _trees() for call in ast.walk(tree) for line in _logged(call)}


def _logged(call: ast.AST) -> Iterator[tuple[str, str]]:
    match call:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="logger"), attr=level), args=[ast.Constant(value=text), *_]
        ):
            if level in LEVELS:
                yield plain(text), "error" if level == "exception" else level


def page_titles() -> set[str]:
    """The titles of the pages that people see."""
    sources = [path.read_text("utf-8") for path in TEMPLATES.glob("*.html")]
    return {text for source in sources for title in TITLE.findall(source) for text in translated(title)}


def subjects() -> set[str]:
    """The subjects of all e-mails, without the name of the site."""
    sources = [path.read_text("utf-8") for path in (TEMPLATES / "email").glob("*_subject.txt")]
    return {text.removeprefix("…: ") for source in sources for text in translated(source)}


def reasons(error: str) -> set[str]:
    """The reasons with which the package raises this exception, where they are written out."""
    return {text for tree in _trees() for call in ast.walk(tree) for text in _reason(call, error)}


def _reason(call: ast.AST, error: str) -> Iterator[str]:
    match call:
        case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str() as text), *_]) if name == error:
            yield text
        case ast.Call(func=ast.Name(id=name), args=[ast.JoinedStr(values=parts), *_]) if name == error:
            yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in parts)
