"""The check of the site's own `login(request, user)` calls: with several backends, Django refuses some."""

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Warning

from ..check_ids import LOGIN_WITHOUT_BACKEND

AUTH = "django.contrib.auth"
_INSTALLED = {"site-packages", "dist-packages"}
_NOT_SERVED = {"tests", "migrations"}
_AUTHENTICATED = {"authenticate", "aauthenticate", "get_user"}
"""Functions whose users have `backend`, so that `login()` need not be told: `form.get_user()`, for example."""
_LOADED = {"save", "create", "acreate", "create_user", "acreate_user", "get_or_create", "update_or_create"}
_LOADED |= {"get", "aget", "first", "afirst", "get_object_or_404", "aget_object_or_404", "get_object"}
"""Functions whose users have none. `get` is a query only if it has no positional arguments."""
_HELD = {"user", "object"}
"""Attributes that hold such a user: `request.user`, and `self.object` of a CreateView."""


def check_logins(**_kwargs: Any) -> list[CheckMessage]:
    """Each `login()` for a user who was made or loaded names a backend. Reads the sources of the site's own apps.

    Nothing at run time could help: only the site knows which backend it means.
    """
    if len(settings.AUTHENTICATION_BACKENDS) < 2:
        return []
    return [
        Warning(
            f"{path.parent.name}/{path.name}, line {line}: login() names no backend for a user who does not come "
            "from authenticate(). With several AUTHENTICATION_BACKENDS, Django raises ValueError.",
            hint="Write login(request, user, backend='django.contrib.auth.backends.ModelBackend'), or the backend "
            "that this user's later requests shall use.",
            obj=str(path),
            id=LOGIN_WITHOUT_BACKEND,
        )
        for path in _own_sources()
        for line in risky_logins(_text(path))
    ]


def _own_sources() -> list[Path]:
    """The modules of apps that were not installed from a package, and those beside ROOT_URLCONF."""
    folders = {Path(config.path) for config in apps.get_app_configs() if config.name != "passkeys_django"}
    urlconf = find_spec(settings.ROOT_URLCONF) if isinstance(settings.ROOT_URLCONF, str) else None
    if urlconf is not None and urlconf.parent and urlconf.origin:
        folders.add(Path(urlconf.origin).parent)
    found = {path for folder in folders if not _INSTALLED & {*folder.parts} for path in folder.rglob("*.py")}
    return sorted(path for path in found if _is_served(path))


def _is_served(path: Path) -> bool:
    return not (_INSTALLED | _NOT_SERVED) & {*path.parts} and not path.name.startswith("test")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def risky_logins(source: str) -> list[int]:
    """The lines of the calls of Django's `login()` that fail if there are several backends."""
    try:
        tree = ast.parse(source if "login" in source else "")
    except (SyntaxError, ValueError):  # a template of a module, for example
        return []
    logins = set(_names_of_login(tree))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return sorted({line for function in functions for line in _risky_lines(function, logins)})


def _names_of_login(tree: ast.Module) -> Iterator[str]:
    """What the module calls `django.contrib.auth.login` and `alogin`."""
    for node in ast.walk(tree):
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else []:
            module = f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
            if module in (f"{AUTH}.login", f"{AUTH}.alogin"):
                yield alias.asname or alias.name
            if module == AUTH:
                yield from (f"{alias.asname or alias.name}.{name}" for name in ("login", "alogin"))


def _risky_lines(function: ast.AST, logins: set[str]) -> Iterator[int]:
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and ast.unparse(call.func) in logins and not _names_backend(call):
            user = _user_of(call)
            if user is not None and _lacks_backend(user, function):
                yield call.lineno


def _names_backend(call: ast.Call) -> bool:
    return len(call.args) > 2 or any(keyword.arg in ("backend", None) for keyword in call.keywords)


def _user_of(call: ast.Call) -> ast.expr | None:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "user"]
    return next(iter([*call.args[1:], *named]), None)


def _lacks_backend(user: ast.expr, function: ast.AST) -> bool:
    """Was this user made or loaded, as far as the function shows, and by nothing that sets `backend`?"""
    name = ast.unparse(user)
    assigned = dict(_assignments(function))
    values = [value for target, value in _assignments(function) if target == name] or [user]
    if f"{name}.backend" in assigned or any(_function_in(value) in _AUTHENTICATED for value in values):
        return False
    return any(map(_is_loaded, values))


def _assignments(function: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                yield from ((ast.unparse(name), node.value) for name in names)


def _is_loaded(value: ast.expr) -> bool:
    value = value.value if isinstance(value, ast.Await) else value
    if isinstance(value, ast.Attribute):
        return value.attr in _HELD
    is_query = not (isinstance(value, ast.Call) and value.args and _function_in(value) in ("get", "aget"))
    return is_query and _function_in(value) in _LOADED


def _function_in(value: ast.expr) -> str | None:
    """The last name of the function that is called: `get` in `await User.objects.get(pk=1)`."""
    value = value.value if isinstance(value, ast.Await) else value
    if not isinstance(value, ast.Call):
        return None
    return value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", None)
