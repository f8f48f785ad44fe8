"""The page "Confirm it's you"."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.debug import sensitive_post_parameters

from ..exceptions import LoginFailed
from ..forms import PasswordConfirmationForm
from ..http import limits
from ..http.problems import wants_json
from ..http.urls import redirect_url
from ..lifecycle.ways_in import has_password
from ..models import Passkey, user_name
from ..sessions.addresses import login_url
from ..sessions.authentication import signed_in_owner
from ..sessions.opening import open_session
from ..sessions.reauthentication import SIGN_IN_AGAIN, sign_in_again
from .pages import READING, members, page, plain_form


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
        return _refuse_password(request, form, url)
    open_session(request, form.confirmed)
    return JsonResponse({"redirect_url": url}) if wants_json(request) else HttpResponseRedirect(url)


def _confirm_page(request: HttpRequest, form: PasswordConfirmationForm, url: str) -> HttpResponse:
    has_passkeys = Passkey.objects.of(form.user).accepted().passkeys().exists()
    if form.is_bound or not has_passkeys:
        form.fields["password"].widget.attrs["autofocus"] = True
    values = {
        "form": form if has_password(form.user) else None,
        "has_passkeys": has_passkeys,
        "sign_in_again": SIGN_IN_AGAIN,
        "username": user_name(form.user),
        "passkey_purpose": "confirm",
    }
    return page(request, "confirm", **values)


def _refuse_password(request: HttpRequest, form: PasswordConfirmationForm, url: str) -> HttpResponse:
    if not wants_json(request):
        return _confirm_page(request, form, url)
    raise LoginFailed("the form with the password is not valid", user_message=str(form.errors["password"][0]))
