"""Somebody at the site, with a browser and an authenticator: how they register and sign in, package by package."""

import json
import re

import requests

from passkeys_django.testing import SoftwareAuthenticator
from tests.imports.packages.sites import PASSWORD, Site


class Person:
    """They have a password; `authenticator` holds their passkey."""

    def __init__(self, site: Site, authenticator: SoftwareAuthenticator):
        self.site = site
        self.authenticator = authenticator
        self.session = requests.Session()

    def get(self, path, **headers):
        response = self.session.get(f"{self.site.origin}{path}", headers=headers, timeout=30)
        assert response.ok, response.text
        return response

    def post(self, path, *, form=None, body=None):
        """A form or JSON, with the CSRF token."""
        token = self.session.cookies["csrftoken"]
        response = self.session.post(
            f"{self.site.origin}{path}",
            data=form,
            json=body,
            headers={"X-CSRFToken": token, "Referer": f"{self.site.origin}{path}"},
            timeout=30,
            allow_redirects=False,
        )
        assert response.ok, response.text
        return response

    def signed_in_as(self):
        return self.get("/").text

    def sign_out(self):
        self.session = requests.Session()

    def sign_in_by_password(self):
        self.get("/accounts/login/")
        name = {"login": self.site.username, "username": self.site.username}
        self.post("/accounts/login/", form=name | {"password": PASSWORD})

    def moved_to(self, site):
        """The same person and authenticator, after the site has moved."""
        return PEOPLE[site.package](site, self.authenticator)


class OurPerson(Person):
    def sign_in(self):
        self.get("/accounts/login/")
        options = self.post("/passkeys/start-login").json()
        self.post("/passkeys/finalize-login", body=self.authenticator.get(options))

    def sign_in_in_two_steps(self):
        self.sign_in_by_password()
        options = self.post("/passkeys/start-login", body={"purpose": "second-step"}).json()
        self.post("/passkeys/second-step/", body=self.authenticator.get(options))


class OtpWebAuthnPerson(Person):
    def register(self):
        options = self.post("/webauthn/registration/begin/", body={}).json()
        self.post("/webauthn/registration/complete/", body=self.authenticator.create(options))

    def sign_in(self):
        self.get("/accounts/login/")
        options = self.post("/webauthn/authentication/begin/", body={}).json()
        self.post("/webauthn/authentication/complete/", body=self.authenticator.get(options))


class AllauthPerson(Person):
    def register(self):
        self.post("/accounts/reauthenticate/", form={"password": PASSWORD})
        page = self.get("/accounts/2fa/webauthn/add/").text
        options = json.loads(re.search(r'<script id="js_data"[^>]*>(.*?)</script>', page)[1])["creation_options"]
        self._be_passwordless(options)
        credential = json.dumps(self.authenticator.create(options))
        form = {"name": "Blue key", "credential": credential, "passwordless": "on"}
        self.post("/accounts/2fa/webauthn/add/", form=form)

    def _be_passwordless(self, options):
        """What allauth's script changes in the options if "Passwordless" is ticked."""
        wanted = {"residentKey": "required", "requireResidentKey": True, "userVerification": "required"}
        options["publicKey"]["authenticatorSelection"] |= wanted

    def sign_in(self):
        self.get("/accounts/login/")
        path = "/accounts/2fa/webauthn/login/"
        options = self.get(path, **{"X-Requested-With": "XMLHttpRequest"}).json()["request_options"]
        self.post(path, form={"credential": json.dumps(self.authenticator.get(options))})


class DjangoPasskeysPerson(Person):
    def register(self):
        options = self.get("/passkeys/reg/begin/").json()
        credential = self.authenticator.create(options) | {"key_name": "Blue key"}
        assert self.post("/passkeys/reg/complete/", body=credential).json() == {"status": "OK"}

    def sign_in(self):
        self.get("/accounts/login/")
        options = self.get("/passkeys/auth/begin/").json()
        self.post("/accounts/login/", form={"passkeys": json.dumps(self.authenticator.get(options))})


class Mfa2Person(Person):
    def register(self):
        options = self.get("/mfa/fido2/begin_reg").json()
        assert self.post("/mfa/fido2/complete_reg", body=self.authenticator.create(options)).json() == {
            "status": "OK"
        }

    def sign_in(self):
        self.sign_in_by_password()
        options = self.get("/mfa/fido2/begin_auth").json()
        self.post("/mfa/fido2/complete_auth", body=self.authenticator.get(options))


class MfaPerson(Person):
    def register(self):
        page = self.get("/mfa/enroll/webauthn/").text
        options = json.loads(re.search(r'<script id="webauthn-options"[^>]*>(.*?)</script>', page)[1])
        form = {"name": "Blue key", "credential": json.dumps(self.authenticator.create(options))}
        self.post("/mfa/enroll/webauthn/", form=form)

    def sign_in(self):
        self.get("/accounts/login/")
        options = json.loads(self.get("/mfa/passkey/begin/").json()["options"])
        self.post("/mfa/passkey/complete/", form={"credential": json.dumps(self.authenticator.get(options))})


class TwoFactorPerson(Person):
    def register(self):
        path = "/account/two_factor/setup/"
        self.get(path)
        for step in ({}, {"method-method": "webauthn"}):
            self.post(path, form={"setup_view-current_step": "method" if step else "welcome", **step})
        token = json.dumps(self.authenticator.create(self._options("create")))
        self.post(path, form={"setup_view-current_step": "webauthn", "webauthn-token": token})

    def sign_in(self):
        path = "/account/login/"
        self.get(path)
        credentials = {"auth-username": self.site.username, "auth-password": PASSWORD}
        self.post(path, form={"login_view-current_step": "auth", **credentials})
        token = json.dumps(self.authenticator.get(self._options("get")))
        self.post(path, form={"login_view-current_step": "token", "token-otp_token": token})

    def _options(self, name):
        """Of the script that the page loads."""
        script = self.get(f"/account/two_factor/webauthn/{name}_credential.js").text
        return json.loads(re.search(r"^let \w+ = (.*);$", script, re.MULTILINE)[1])


PEOPLE = {
    "ours": OurPerson,
    "django-otp-webauthn-0.4": OtpWebAuthnPerson,
    "django-otp-webauthn": OtpWebAuthnPerson,
    "django-allauth": AllauthPerson,
    "django-passkeys": DjangoPasskeysPerson,
    "django-mfa2": Mfa2Person,
    "django-mfa": MfaPerson,
    "django-two-factor-auth": TwoFactorPerson,
}
