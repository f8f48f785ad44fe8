"""The page of the second round, in place of the login page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from ..conf import passkey_settings
from ..exceptions import SecondStepRequired
from ..http.problems import problem_response, wants_json

TEMPLATE = "passkeys_django/second_step.html"


def second_step_page(request: HttpRequest, form: Any, *, template: str = TEMPLATE, **values: Any) -> HttpResponse:
    """The page on which somebody shows a passkey or security key, after the password; for scripts, a problem.

    The problem has the members `token` and `url`: the script posts the token and the credential to this URL, with
    the form's other values but without the password.
    """
    if wants_json(request):
        url = request.get_full_path()
        return problem_response(SecondStepRequired("after the password", token=form.second_step, url=url))
    context = {"form": form, "base_template": passkey_settings.base_template, **values}
    return TemplateResponse(request, template, context)
