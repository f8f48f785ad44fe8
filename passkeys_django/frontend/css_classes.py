"""The CSS classes that our templates write, by name. A site can replace ours.

Both stand in a template `passkeys_django/classes.html`, one line for each name: `name: classes`. Django's template
loaders find the site's template first. A name that it leaves out keeps our classes. Lines that begin with # are
comments.
"""

import re
from functools import lru_cache
from pathlib import Path

from django.template import Context, Engine, TemplateSyntaxError
from django.template.base import Template

TEMPLATE = "passkeys_django/classes.html"
_OURS = Path(__file__).parent.parent / "templates" / TEMPLATE
_LINE = re.compile(r"([a-z_]+):\s*(.*)")


def has_own_classes(engine: Engine) -> bool:
    """Does the site replace our template with its own?"""
    return engine.get_template(TEMPLATE).origin.name != str(_OURS)


def css_classes(name: str, engine: Engine) -> str:
    """The classes of that name, separated by spaces. Raises TemplateSyntaxError for a name that nobody defines."""
    classes = _classes(engine.get_template(TEMPLATE))
    if name not in classes:
        raise TemplateSyntaxError(
            f"{TEMPLATE} has no classes for {name!r}, only for {', '.join(sorted(classes))}."
        )
    return classes[name]


@lru_cache(maxsize=8)
def _classes(template: Template) -> dict[str, str]:
    """All classes. Parsed once for each template object, which Django's cached loader keeps."""
    return _parse(_OURS.read_text(encoding="utf-8")) | _parse(template.render(Context()))


def _parse(text: str) -> dict[str, str]:
    lines = (line.strip() for line in text.splitlines())
    return dict(_entry(line) for line in lines if line and not line.startswith("#"))


def _entry(line: str) -> tuple[str, str]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise TemplateSyntaxError(f"{TEMPLATE}: not a line like 'name: classes': {line!r}")
    return match[1], match[2]
