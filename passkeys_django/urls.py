"""Include these under a path of their own: `path("passkeys/", include("passkeys_django.urls"))`."""

from django.urls import path

from .signup import PasskeySignupView
from .views import confirm, endpoints, manage
from .views.csrf_token import csrf_token, script_config
from .views.enrolment import add_device, enrol
from .views.manager_icon import manager_icon
from .views.parked.required import required
from .views.parked.second_step import second_step
from .views.recovery.codes import recovery_codes
from .views.recovery.recover import recover

app_name = "passkeys"
urlpatterns = [
    path("", manage.passkey_list, name="list"),
    path("start-registration", endpoints.start_registration, name="start-registration"),
    path("finalize-registration", endpoints.finalize_registration, name="finalize-registration"),
    path("start-login", endpoints.start_login, name="start-login"),
    path("finalize-login", endpoints.finalize_login, name="finalize-login"),
    path("signup/", PasskeySignupView.as_view(), name="signup"),
    path("start-signup", endpoints.start_signup, name="start-signup"),
    path("finalize-signup", endpoints.finalize_signup, name="finalize-signup"),
    path("csrf-token", csrf_token, name="csrf-token"),
    path("script-config", script_config, name="script-config"),
    path("accepted-credentials", endpoints.accepted_credentials, name="accepted-credentials"),
    path("<uuid:passkey_id>/rename/", manage.rename, name="rename"),
    path("<uuid:passkey_id>/remove/", manage.remove, name="remove"),
    path("icons/<uuid:aaguid>/<slug:theme>", manager_icon, name="manager-icon"),
    path("not-now", manage.not_now, name="not-now"),
    path("end-sessions/", manage.end_sessions, name="end-sessions"),
    path("confirm/", confirm.confirm, name="confirm"),
    path("required/", required, name="required"),
    path("second-step/", second_step, name="second-step"),
    path("enrol/", enrol.enrol, name="enrol"),
    path("enrol/done/", enrol.enrolled, name="enrolled"),
    path("enrol/cancel/<token>/", enrol.cancel, name="cancel-enrolment"),
    path("enrol/<token>/", enrol.link, name="enrol-link"),
    path("start-enrolment", enrol.start_enrolment, name="start-enrolment"),
    path("finalize-enrolment", enrol.finalize_enrolment, name="finalize-enrolment"),
    path("recovery-codes/", recovery_codes, name="recovery-codes"),
    path("recover/", recover, name="recover"),
    path("add-device/", add_device.add_device, name="add-device"),
    path("add-device/state", add_device.state, name="add-device-state"),
]
