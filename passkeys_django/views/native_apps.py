"""The two documents in which a site names its apps. Android and iOS fetch them from `/.well-known/`."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.http import require_safe

PACKAGE = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)+", re.ASCII)
FINGERPRINT = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){31}")
"""The SHA-256 of a certificate, as Play Console and keytool write it."""
APP_ID = re.compile(r"[A-Z0-9]{10}(\.[A-Za-z0-9-]+)+")
"""The ten characters of the team, and the bundle id."""
RELATIONS = ["delegate_permission/common.handle_all_urls", "delegate_permission/common.get_login_creds"]
"""Android's password managers ask for both."""


@method_decorator([login_not_required, require_safe], name="dispatch")
class AppsDocumentView(View):
    """A document made of the arguments of `as_view()`, which are checked when the URLconf is imported."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        view = super().as_view(**initkwargs)
        cls(**initkwargs).check()
        return view

    def check(self) -> None:
        """Raise ImproperlyConfigured for arguments with which no app would be found."""
        raise NotImplementedError

    def document(self) -> object:
        """What is served, as a value for JSON."""
        raise NotImplementedError

    def get(self, _request: HttpRequest) -> HttpResponse:
        return JsonResponse(self.document(), safe=False)


class AssetLinksView(AppsDocumentView):
    """`/.well-known/assetlinks.json`: `AssetLinksView.as_view(apps={"com.example.app": ["14:6D:E9:…"]})`.

    `apps` maps the package of each Android app to the SHA-256 fingerprints of the certificates that sign it.
    `statements` are further statements of the document, such as those about other sites.
    """

    names_android_apps = True  # for `manage.py check`
    apps: Mapping[str, list[str]] | None = None
    statements: list[dict[str, Any]] | None = None

    def check(self) -> None:
        if not isinstance(self.apps, Mapping) or not self.apps:
            raise ImproperlyConfigured('AssetLinksView needs apps={"com.example.app": ["14:6D:…"]}.')
        _check_all(list(self.apps), PACKAGE, "AssetLinksView: a package is written like com.example.app")
        for fingerprints in self.apps.values():
            _check_all(fingerprints, FINGERPRINT, "AssetLinksView: a fingerprint is written like 14:6D:…:E5")

    def document(self) -> list[dict[str, Any]]:
        return [_statement(*app) for app in (self.apps or {}).items()] + list(self.statements or [])


class AppleAppSiteAssociationView(AppsDocumentView):
    """`/.well-known/apple-app-site-association`: `as_view(apps=["A1B2C3D4E5.com.example.app"])`.

    `apps` are the team id and bundle id of each app. `members` are further members of the document, such as
    `applinks`.
    """

    apps: list[str] | None = None
    members: dict[str, Any] | None = None

    def check(self) -> None:
        rule = "AppleAppSiteAssociationView: an app is written like A1B2C3D4E5.com.example.app"
        _check_all(self.apps, APP_ID, rule)

    def document(self) -> dict[str, Any]:
        return {**(self.members or {}), "webcredentials": {"apps": self.apps}}


def _check_all(values: object, form: re.Pattern[str], rule: str) -> None:
    """Raise ImproperlyConfigured unless `values` is a list of texts of this form, and not empty."""
    if not isinstance(values, list | tuple) or not values:
        raise ImproperlyConfigured(f"{rule}, in a list, not {values!r}.")
    for value in values:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise ImproperlyConfigured(f"{rule}, not {value!r}.")


def _statement(package: str, fingerprints: list[str]) -> dict[str, Any]:
    target = {
        "namespace": "android_app",
        "package_name": package,
        "sha256_cert_fingerprints": fingerprints,
    }
    return {"relation": RELATIONS, "target": target}
