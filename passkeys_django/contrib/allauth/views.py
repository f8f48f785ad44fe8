"""The views that differ from those of `passkeys_django.urls`, because allauth has a say in them."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import resume_request
from allauth.account.utils import get_login_redirect_url
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.crypto import get_random_string
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from ... import ceremonies, enrolment
from ...exceptions import LoginFailed
from ...http.request_body import read_json_object
from ...sessions.opening import open_session
from ...views.endpoints import signup_endpoint
from ...views.enrolment import enrol
from ...views.json_endpoint import json_endpoint
from .confirmation import BY_PASSKEY, alternatives, has_passkeys, has_shown_passkey
from .login import log_in
from .signup import sign_up

_ASKED = "_passkeys_allauth_asked"


@json_endpoint
def finalize_login(request: HttpRequest) -> HttpResponse:
    """A login goes through allauth's stages. Somebody who confirms has passed them already."""
    user = ceremonies.verify_login(request, read_json_object(request)).user
    if user != request.user:
        return JsonResponse({"redirect_url": _where_to(log_in(request, user))})
    open_session(request, user)
    return JsonResponse({"redirect_url": get_login_redirect_url(request)})


@signup_endpoint
def finalize_signup(request: HttpRequest) -> HttpResponse:
    """The new account goes through allauth's sign-up. The adapter says where people go who may not log in yet."""
    answers: list[HttpResponse] = []
    passkey = ceremonies.finalize_signup(
        request,
        read_json_object(request),
        sign_in=lambda request, user: answers.append(sign_up(request, user)),
    )
    answer = answers[0] if answers else get_adapter().respond_user_inactive(request, passkey.user)
    return JsonResponse({"redirect_url": _where_to(answer)}, status=201)


@json_endpoint
def finalize_enrolment(request: HttpRequest) -> HttpResponse:
    """The holder of a link goes through allauth's stages, too, which may come before the session."""
    answers: list[HttpResponse] = []
    used = enrolment.finalize_enrolment(
        request,
        read_json_object(request),
        sign_in=lambda request, user: answers.append(log_in(request, user)),
    )
    is_in = request.user == used.user
    return enrol.answer(enrol.next_page(request, used) if is_in else _where_to(answers[0]))


def _where_to(response: HttpResponse) -> str:
    if not isinstance(response, HttpResponseRedirect):
        raise LoginFailed("allauth answered with a page, which a script cannot show")
    return response.url


def _back(request: HttpRequest) -> str:
    """The URL of this page, with a new token."""
    token = request.session[_ASKED] = get_random_string(22)
    query = request.GET.copy()
    query["asked"] = token
    return f"{request.path}?{query.urlencode()}"


@method_decorator([never_cache, login_required], name="dispatch")
class ReauthenticateView(TemplateView):
    """allauth's page "Confirm Access", with a passkey. It goes on with the request that allauth has put aside.

    The page leads back to itself with a token. Without the token, a link on another site could go on with a
    request that its sender has given up.
    """

    template_name = "passkeys_django/allauth/reauthenticate.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not has_shown_passkey(request):
            return super().get(request, *args, **kwargs)
        has_asked = request.session.pop(_ASKED, None) == request.GET.get("asked", "")
        resumed = resume_request(request) if has_asked else None
        return resumed or HttpResponseRedirect(get_login_redirect_url(request))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        request = self.request
        return super().get_context_data(
            has_passkeys=has_passkeys(request.user),  # type: ignore[arg-type]  # nobody else gets here
            passkey_purpose="confirm",
            next=_back(request),
            reauthentication_alternatives=alternatives(request, BY_PASSKEY),
            **kwargs,
        )
