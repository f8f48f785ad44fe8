"""What the pages and their forms share: the frame, messages, errors, where to go next."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ..ceremonies import apply_cookies
from ..conf import passkey_settings
from ..exceptions import PasskeyError
from ..http.problems import JSON, problem_response, wants_json
from ..http.request_body import read_json_object
from ..http.transactions import non_atomic
from ..models import Passkey
from ..sessions.authentication import get_authentication
from ..sessions.csrf import FormCsrfMiddleware
from ..sessions.reauthentication import INTERRUPTIONS, redirect_to_authenticate
from .json_endpoint import no_store

READING = ("GET", "HEAD")
Form = Callable[..., HttpResponse]


def page(request: HttpRequest, name: str, **values: Any) -> HttpResponse:
    """One of our pages, in the frame that PASSKEY_BASE_TEMPLATE names."""
    authentication = get_authentication(request)
    values["current"] = authentication and authentication.passkey
    values["base_template"] = passkey_settings.base_template
    return render(request, f"passkeys_django/{name}.html", values)


_csrf_protect = decorator_from_middleware(FormCsrfMiddleware)


def plain_form(*methods: str, stay: bool = False) -> Callable[[Form], Callable[..., HttpResponseBase]]:
    """A plain form that also speaks JSON: a PasskeyError becomes a message, or a problem document.

    The message is shown on the list of passkeys, or with `stay` on the form's own page.
    """

    def decorate(view: Form) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def form(request: HttpRequest, **captured: Any) -> HttpResponseBase:
            try:
                response = view(request, **captured)
            except Passkey.DoesNotExist as error:  # also for another user's passkey
                raise Http404 from error
            except PasskeyError as error:
                response = problem_response(error) if wants_json(request) else _back(request, error, stay)
            return apply_cookies(request, response)

        # Exempt from the site's CSRF middleware, which would answer first.
        protected = csrf_exempt(no_store(require_http_methods(methods)(_csrf_protect(form))))
        return non_atomic(login_not_required(protected))

    return decorate


def _back(request: HttpRequest, error: PasskeyError, stay: bool) -> HttpResponse:
    """Where a form without JavaScript leads after an error."""
    if isinstance(error, INTERRUPTIONS):
        return redirect_to_authenticate(request, error)
    text = str(error.user_message)
    if not tell(request, messages.ERROR, text):
        return HttpResponse(text, status=error.status, content_type="text/plain; charset=utf-8")
    return redirect(request.get_full_path() if stay else "passkeys:list")


def tell(request: HttpRequest, level: int, text: str) -> bool:
    """Show a message on the next page. False, but not an error, on a site without the messages framework."""
    messages.add_message(request, level, text, fail_silently=True)
    return hasattr(request, "_messages")


def go_on(request: HttpRequest, url: str, *, status: int = 200) -> HttpResponse:
    """To the next page; scripts get its URL, with this status."""
    if wants_json(request):
        return JsonResponse({"redirect_url": url}, status=status)
    return HttpResponseRedirect(url)


def members(request: HttpRequest) -> Mapping[str, Any]:
    """The values that a form sent, or a script in JSON."""
    return request.POST if request.content_type != JSON else read_json_object(request)
