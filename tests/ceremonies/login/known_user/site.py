"""A site with views of its own, which know whose passkey they want to see."""

import json

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.http import JsonResponse

from passkeys_django import ceremonies
from passkeys_django.exceptions import PasskeyError
from passkeys_django.http.problems import problem_response
from passkeys_django.http.request_body import read_json_object
from passkeys_django.models import Passkey

INVALID = (400, "invalid_request")
LOGIN_FAILED = (403, "login_failed")
NOT_FOUND = (400, "ceremony_not_found")


class Site:
    """A site's own views: they know the user from `?user=`, which is a session or a token in real life."""

    def start(self, request):
        wanted = request.GET.get("verification")
        arguments = {"purpose": request.GET["purpose"]} if "purpose" in request.GET else {}
        return ceremonies.start_login(request, user=self._user(request), user_verification=wanted, **arguments)

    def finish(self, request):
        login = ceremonies.verify_login(request, read_json_object(request), user=self._user(request))
        return {"user": str(login.user.pk), "verified": login.user_verified, "passkey": str(login.passkey.pk)}

    def sign_in(self, request):
        user = self._user(request)
        return {"user": str(ceremonies.finalize_login(request, read_json_object(request), user=user).pk)}

    def _user(self, request):
        match request.GET.get("user"):
            case None:
                return None
            case "":
                return AnonymousUser()
            case name:
                return get_user_model().objects.get(pk=name)


def view(work):
    def answer(request):
        try:
            response = JsonResponse(work(request))
        except PasskeyError as error:
            response = problem_response(error)
        return ceremonies.apply_cookies(request, response)

    return answer


def ask(browser, step, body=None, **query):
    query = {name: getattr(value, "pk", value) for name, value in query.items()}
    return browser.client.post(
        f"/site/{step}", json.dumps(body or {}), content_type="application/json", query_params=query
    )


def options_for(browser, user, **query):
    response = ask(browser, "start", user=user, **query)
    assert response.status_code == 200, response.content
    return response.json()


def answered(browser, user, *, verification=None, **overrides):
    """A credential for a ceremony that was begun for `user`, not sent yet."""
    query = {"verification": verification} if verification else {}
    return browser.authenticator.get(options_for(browser, user, **query), **overrides)


def listed(options):
    return [each["id"] for each in options["publicKey"].get("allowCredentials", [])]


def passkey_of(user):
    return Passkey.objects.get(user=user)


def add(browser, owner, **start):
    """The credential id of one more passkey or security key of the owner, in this browser's authenticator."""
    other = browser.other_browser().sign_in(owner).confirm()
    options = other.creation_options(start)
    options["publicKey"]["excludeCredentials"] = []  # this authenticator stores several
    response = other.post("finalize-registration", other.authenticator.create(options))
    assert response.status_code == 201, response.content
    return response.json()["credential_id"]
