"""The page for the second step of a parked session, behind the middleware."""

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.urls import reverse

from ...ceremonies import verify_second_step
from ...exceptions import NotAuthenticated
from ...http.problems import wants_json
from ...http.request_body import read_json_object, read_json_text
from ...http.urls import redirect_url, with_next
from ...models import user_name
from ...policy.parking import parked, parked_user, release
from ...second_step.rounds import FIELD, PasskeyInput
from ...sessions.addresses import login_url
from ...sessions.authentication import write_record
from ...sessions.proof import set_proof
from ...sessions.reauthentication import SIGN_IN_AGAIN, sign_in_again
from ..pages import READING, go_on, page, plain_form


class SecondStepForm(forms.Form):
    """The hidden field that the script fills."""

    passkey = forms.Field(widget=PasskeyInput())

    def __init__(self, request: HttpRequest) -> None:
        super().__init__()
        self.request = request

    def passkey_config(self) -> dict[str, object]:
        return {"form": {"field": FIELD, "action": self.request.get_full_path()}}


@plain_form(*READING, "POST", stay=True)
def second_step(request: HttpRequest) -> HttpResponse:
    """People whose password was right show a passkey or a security key here, and go on to `next`."""
    url = redirect_url(request, request.GET)
    user = parked_user(request)
    if user is None:
        return _elsewhere(request, url)
    if request.method in READING:
        values = {"username": user_name(user), "sign_in_again": SIGN_IN_AGAIN, "passkey_purpose": "second-step"}
        return page(request, "parked_second_step", form=SecondStepForm(request), **values)
    if SIGN_IN_AGAIN in request.POST:
        return sign_in_again(request, url)
    try:
        verify_second_step(request, _credential(request), user=user)
        release(request, user)
        write_record(request, user)
    finally:
        set_proof(request, None)
    rotate_token(request)
    return go_on(request, url)


def _credential(request: HttpRequest) -> object:
    """The credential as the form's field holds it, or as a script's JSON."""
    if request.content_type == "application/json":
        return read_json_object(request)
    return read_json_text(request.POST.get(FIELD, ""))


def _elsewhere(request: HttpRequest, url: str) -> HttpResponse:
    """No second step is due: on to `next`, to what is due instead, or first to the login page."""
    if parked(request) is not None and not wants_json(request):
        return HttpResponseRedirect(with_next(reverse("passkeys:required"), url))
    if request.user.is_authenticated:
        return go_on(request, url)
    if wants_json(request):
        raise NotAuthenticated("no login waits for a second step", login_url=login_url(request, url))
    return HttpResponseRedirect(login_url(request, url))
