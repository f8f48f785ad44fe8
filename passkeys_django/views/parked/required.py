"""The page "Create a passkey to go on", where the policy leads people whose session owes a passkey."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ...exceptions import PasskeyRequired
from ...http.problems import problem_response, wants_json
from ...http.urls import redirect_url, reverse_or_none, with_next
from ...models import Passkey, user_name
from ...policy import Due
from ...policy.parking import Parked, parked
from ...policy.strength import may_register
from ...sessions.addresses import login_url
from ...sessions.reauthentication import SIGN_IN_AGAIN, sign_in_again
from ..pages import READING, page, plain_form


@plain_form(*READING, "POST", stay=True)
def required(request: HttpRequest) -> HttpResponse:
    """GET shows what is due, and leads on to `next` if nothing is. POST signs out, to sign in as somebody else."""
    url = redirect_url(request, request.GET)
    waiting = parked(request)
    if request.method == "POST" and SIGN_IN_AGAIN in request.POST:
        return sign_in_again(request, url)
    if waiting is None:
        return HttpResponseRedirect(url if request.user.is_authenticated else login_url(request, url))
    second_step = reverse_or_none("passkeys:second-step")
    if waiting.due is Due.SECOND_STEP and second_step:
        return HttpResponseRedirect(with_next(second_step, url))
    if wants_json(request):
        return problem_response(PasskeyRequired("a passkey is due", url=request.get_full_path()))
    return _page(request, waiting, url)


def _page(request: HttpRequest, waiting: Parked, url: str) -> HttpResponse:
    device, recover = (reverse_or_none(f"passkeys:{name}") for name in ("add-device", "recover"))
    values = {
        "username": user_name(waiting.user),
        "needs_link": not waiting.may_register,
        "may_register": may_register(waiting),
        "has_passkey": Passkey.objects.of(waiting.user).usable().exists(),
        "next_url": url,
        "add_device_url": device and with_next(device, url),
        "recover_url": recover,
        "sign_in_again": SIGN_IN_AGAIN,
    }
    return page(request, "required", **values)
