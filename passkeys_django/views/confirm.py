"""The page "Confirm it's you"."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from ..exceptions import LoginFailed
from ..forms import PasswordConfirmationForm
from ..http import limits
from ..http.problems import wants_json
from ..http.urls import redirect_url, reverse_or_none
from ..lifecycle.ways_in import has_password
from ..models import Passkey, user_name
from ..second_step.page import second_step_page
from ..sessions.addresses import METHOD, login_url
from ..sessions.authentication import signed_in_owner
from ..sessions.opening import open_session
from ..sessions.proof import set_proof
from ..sessions.reauthentication import SIGN_IN_AGAIN, sign_in_again
from ..sessions.record import PASSKEY
from ..sessions.second_step import remember_browser
from .pages import READING, go_on, members, page, plain_form


@sensitive_post_parameters("password")
@plain_form(*READING, "POST", stay=True)
def confirm(request: HttpRequest) -> HttpResponse:
    """People show that it is still them: by password here, by passkey with `start-login` and `finalize-login`."""
    url = redirect_url(request, request.GET)
    if not request.user.is_authenticated and not wants_json(request):  # signing in confirms as well
        return HttpResponseRedirect(login_url(request, url))
    user = signed_in_owner(request)
    if request.method in READING:
        return _confirm_page(request, PasswordConfirmationForm(user, request), url)
    if SIGN_IN_AGAIN in request.POST:
        return sign_in_again(request, url)
    limits.check("confirm", request=request, user=user)
    form = PasswordConfirmationForm(user, request, members(request))
    if not form.is_valid():
        response = _refuse_password(request, form, url)
        remember_browser(request, response)
        return response
    try:
        open_session(request, form.confirmed)
    finally:
        set_proof(request, None)
    return go_on(request, url)


def _confirm_page(request: HttpRequest, form: PasswordConfirmationForm, url: str) -> HttpResponse:
    own, wants_passkey = Passkey.objects.of(form.user), request.GET.get(METHOD) == PASSKEY
    has_passkeys = (own.strong() if wants_passkey else own.accepted().passkeys()).exists()
    takes_password = has_password(form.user) and (not wants_passkey or own.accepted().security_keys().exists())
    if form.is_bound or not has_passkeys:
        form.fields["password"].widget.attrs["autofocus"] = True
    values = {
        "form": form if takes_password else None,
        "wants_passkey": wants_passkey,
        "has_passkeys": has_passkeys,
        "sign_in_again": SIGN_IN_AGAIN,
        "username": user_name(form.user),
        "passkey_purpose": "confirm",
        "recover_url": reverse_or_none("passkeys:recover") if has_passkeys else None,
    }
    return page(request, "confirm", **values)


def _refuse_password(request: HttpRequest, form: PasswordConfirmationForm, url: str) -> HttpResponse:
    if form.second_step is not None:
        return second_step_page(request, form, title=_("Confirm it's you"))
    if not wants_json(request):
        return _confirm_page(request, form, url)
    texts = [str(text) for errors in form.errors.values() for text in errors]
    raise LoginFailed("the form with the password is not valid", user_message=" ".join(texts))
