"""The page of recovery codes."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from ... import recovery as room
from ...http.problems import wants_json
from ...models import user_name
from ...sessions.authentication import signed_in_owner
from ..pages import READING, page, plain_form
from . import require_codes


@sensitive_variables()
@plain_form(*READING, "POST", stay=True)
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """How many codes are left. POST makes ten new ones, which are shown this once."""
    require_codes()
    user = signed_in_owner(request)
    codes = [] if request.method in READING else room.make_codes(request)
    if wants_json(request) and codes:
        return JsonResponse({"codes": codes}, status=201)
    left = room.codes_left(user)
    if wants_json(request):
        return JsonResponse({"left": left})
    values = {"codes": codes, "left": left, "how_many": room.CODES, "username": user_name(user)}
    return page(request, "recovery_codes", **values, now=timezone.now())
