"""The login view that packages without one ask for in their documentation."""

from django.conf import settings
from django.contrib import auth
from django.http import HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.views.decorators.csrf import ensure_csrf_cookie


@ensure_csrf_cookie
def login(request):
    """django-passkeys reads its field of the form in the auth backend; django-mfa2 is asked after the password."""
    if request.method != "POST":
        return HttpResponse()
    credentials = {name: request.POST.get(name, "") for name in ("username", "password")}
    user = auth.authenticate(request, **credentials)
    if user is None:
        return HttpResponseForbidden()
    if settings.SITE == "django-mfa2":
        from mfa.helpers import has_mfa

        if owed := has_mfa(request, user.get_username()):
            return owed
    auth.login(request, user)
    return HttpResponseRedirect("/")


def sign_in(request, username):
    """MFA_LOGIN_CALLBACK of django-mfa2."""
    user = auth.get_user_model()._default_manager.get_by_natural_key(username)
    auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect("/")
