"""A site with pages of its own, a login view that calls `login()`, and an endpoint of Django REST framework."""

from asgiref.sync import sync_to_async
from django.contrib import admin
from django.contrib.auth import authenticate, get_user, login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from passkeys_django.login import PasskeyLoginView
from passkeys_django.sessions import get_authentication


def name_of(user):
    return user.get_username() if user.is_authenticated else None


def whoami(request):
    found = get_authentication(request)
    names = {"user": name_of(request.user), "get_user": name_of(get_user(request))}
    return JsonResponse(names | {"methods": found and found.methods})


async def awhoami(request):
    user = await request.auser()
    return JsonResponse({"auser": await sync_to_async(name_of)(user)})


@csrf_exempt
def own_login(request):
    """A login view that a site wrote itself."""
    user = authenticate(request, username=request.POST["username"], password=request.POST["password"])
    if user is None:
        return HttpResponse("no", status=403)
    login(request, user)
    response = HttpResponseRedirect(request.POST.get("next", "/home/"))
    response.set_cookie("token", "of the site")
    return response


def promote(request):
    """Code that calls `login()` for somebody who is signed in, without a credential."""
    request.user.backend = "django.contrib.auth.backends.ModelBackend"
    login(request, request.user)
    return HttpResponse("again")


FRAME = {"base_template": "passkeys_django/base.html"}
urlpatterns = [
    path("admin/", admin.site.urls),
    path("plain-login/", LoginView.as_view(template_name="passkeys_django/login.html", extra_context=FRAME)),
    path("accounts/login/", PasskeyLoginView.as_view(), name="login"),
    path("accounts/", include("django.contrib.auth.urls")),
    path("passkeys/", include("passkeys_django.urls")),
    path("own-login/", own_login),
    path("again/", promote),
    path("whoami/", whoami),
    path("awhoami/", awhoami),
    path("home/", login_required(lambda request: HttpResponse("home"))),
    path("", lambda request: HttpResponse("public")),
]
