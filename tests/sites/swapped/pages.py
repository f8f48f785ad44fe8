"""The pages that are swapped, and the package that swaps them: the cookie `package` names it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template import RequestContext, engines

from passkeys_django import enrolment
from passkeys_django.frontend.script_config import script_config
from passkeys_django.login import PasskeyLoginView
from tests.docs.how_to.pages import Page

PAGE = Page("pages-that-are-swapped")
FILES = {
    "turbo": "@hotwired/turbo/dist/turbo.es2017-umd.js",
    "htmx": "htmx.org/dist/htmx.min.js",
    "htmx2": "htmx2/dist/htmx.min.js",
    "unpoly": "unpoly/unpoly.min.js",
    "vue": "vue/dist/vue.global.prod.js",
}
BOOST = {"htmx": 'hx-boost:inherited="true"', "htmx2": 'hx-boost="true"'}
SWAP = {
    "unpoly": "<script>up.link.config.followSelectors.push('a[href]');"
    "up.form.config.submitSelectors.push('form')</script>"
}
COMMON_JS = {
    "react": "react/cjs/react.production.js",
    "scheduler": "scheduler/cjs/scheduler.production.js",
    "react-dom": "react-dom/cjs/react-dom.production.js",
    "react-dom/client": "react-dom/cjs/react-dom-client.production.js",
}
REQUIRE = "const modules = {}; const require = (name) => modules[name];\n"
MODULE = "modules[%r] = ((exports) => { const module = { exports }; %s\nreturn module.exports; })({});\n"
GLOBALS = 'window.React = require("react"); window.ReactDOM = require("react-dom/client");\n'


def with_package(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the package's script in each page's head, and on the body what makes links swap the page."""

    shown: dict[str, Any] = {}
    exec(PAGE.block("middleware.py"), shown)
    with_turbo = shown["form_errors_for_turbo"](get_response)

    def answer(request: HttpRequest) -> HttpResponse:
        return (with_turbo if request.COOKIES.get("package") == "turbo" else get_response)(request)

    def middleware(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        package = request.COOKIES.get("package", "")
        if package in FILES and response.get("Content-Type", "").startswith("text/html"):
            head = f'<script src="/npm/{FILES[package]}"></script>{SWAP.get(package, "")}</head>'
            html = response.content.decode().replace("</head>", head, 1)
            response.content = html.replace("<body>", f"<body {BOOST.get(package, '')}>", 1)
        return response

    return middleware


def react(request: HttpRequest) -> HttpResponse:
    """React has no script for browsers: its files are CommonJS."""
    files = {name: (settings.NODE_MODULES / path).read_text() for name, path in COMMON_JS.items()}
    modules = "".join(MODULE % (name, text) for name, text in files.items())
    return HttpResponse(f"(() => {{ {REQUIRE}{modules}{GLOBALS} }})();", content_type="text/javascript")


def page(request: HttpRequest, name: str) -> HttpResponse:
    """A page of this folder, with what the how-to page shows for it."""
    config = script_config(RequestContext(request))
    head = engines["django"].from_string(PAGE.block("app_head.html")).render({"passkeys": config}, request)
    parts = {name.removesuffix(".html"): PAGE.block(name) for name in ("parts.html", "component.html")}
    dialog = engines["django"].from_string(PAGE.block("dialog.html")).render()
    return render(request, f"swapped/{name}.html", {"head": head, "dialog": dialog, **parts})


class LoginPart(PasskeyLoginView):
    """The view of the how-to page, with its template."""

    def get_template_names(self) -> Any:
        return engines["django"].from_string(PAGE.block("login_part.html"))


def policy(user: Any) -> dict[str, str]:
    """Everybody shows their passkey after the password. Some people must have one."""
    must = user.get_username().endswith("-must")
    return {"passkey": "required"} if must else {"password": "second-step"}


def link(request: HttpRequest, name: str) -> HttpResponse:
    """A page that leads to a link with which this person creates a passkey. The person is made here."""
    user, _is_new = get_user_model()._default_manager.get_or_create(username=name)
    _row, secret = enrolment.make_enrolment(user, reason="invitation", valid_for=timedelta(hours=1))
    url = enrolment.enrolment_url(request.build_absolute_uri("/").rstrip("/"), secret)
    return render(request, "swapped/link.html", {"url": url})


def logs_in(request: HttpRequest, name: str) -> HttpResponse:
    """Site code that signs somebody in without our forms: a page with a form, which leads on."""
    if request.method == "POST":
        user = get_user_model()._default_manager.get_by_natural_key(name)
        login(request, user, backend="passkeys_django.backends.PolicyModelBackend")
        return redirect("/")
    return render(request, "swapped/logs_in.html")
