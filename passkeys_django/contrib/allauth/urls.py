"""Include these instead of `passkeys_django.urls`:

path("passkeys/", include("passkeys_django.contrib.allauth.urls"))
"""

from allauth.account.views import login
from django.urls import path

from ... import urls as everywhere
from ...http.transactions import non_atomic
from ...views.confirm import confirm
from .user_sessions import listed
from .views import ReauthenticateView, finalize_login

non_atomic(login)  # with ATOMIC_REQUESTS, an error would roll back that a passkey was used

app_name = everywhere.app_name
urlpatterns = [
    path("finalize-login", listed(finalize_login), name="finalize-login"),
    path("confirm/", listed(confirm), name="confirm"),
    path("reauthenticate/", ReauthenticateView.as_view(), name="allauth-reauthenticate"),
    *everywhere.urlpatterns,
]
