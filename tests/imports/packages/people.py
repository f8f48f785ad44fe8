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


PEOPLE = {
    "ours": OurPerson,
    "django-otp-webauthn-0.4": OtpWebAuthnPerson,
    "django-otp-webauthn": OtpWebAuthnPerson,
    "django-allauth": AllauthPerson,
}
