"""Include these instead of `passkeys_django.urls`:

path("passkeys/", include("passkeys_django.contrib.allauth.urls"))
"""

from allauth.account.views import login
from django.urls import path

from ... import urls as everywhere
from ...http.transactions import non_atomic
from ...signup import PasskeySignupView
from ...views.confirm import confirm
from ...views.endpoints import start_signup
from ...views.manage import end_sessions
from .signup import while_open
from .user_sessions import listed
from .views import ReauthenticateView, finalize_enrolment, finalize_login, finalize_signup

non_atomic(login)  # with ATOMIC_REQUESTS, an error would roll back that a passkey was used

app_name = everywhere.app_name
urlpatterns = [
    path("finalize-login", listed(finalize_login), name="finalize-login"),
    path("signup/", while_open(PasskeySignupView.as_view()), name="signup"),
    path("start-signup", while_open(start_signup), name="start-signup"),
    path("finalize-signup", while_open(finalize_signup), name="finalize-signup"),
    path("finalize-enrolment", listed(finalize_enrolment), name="finalize-enrolment"),
    path("confirm/", listed(confirm), name="confirm"),
    path("end-sessions/", listed(end_sessions), name="end-sessions"),
    path("reauthenticate/", ReauthenticateView.as_view(), name="allauth-reauthenticate"),
    *everywhere.urlpatterns,
]
