"""A site where people change their own address, with their session alone, and Django's password reset signs in."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse
from django.urls import path

from tests.policy.urls import urlpatterns as pages


@login_required
def change_address(request):
    """As many sites have it: nobody asks for a password."""
    setattr(request.user, request.user.get_email_field_name(), request.POST["address"])
    request.user.save()
    return HttpResponse("changed")


class Reset(PasswordResetConfirmView):
    post_reset_login = True
    post_reset_login_backend = "passkeys_django.backends.PolicyModelBackend"
    success_url = "/home/"


urlpatterns = [
    path("accounts/reset/<uidb64>/<token>/", Reset.as_view(), name="password_reset_confirm"),
    path("change-address/", change_address),
    *pages,
]
