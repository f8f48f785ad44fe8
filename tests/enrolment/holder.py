"""People who hold the link of an enrolment, at the pages and endpoints."""

import re
from datetime import timedelta

from django.core import mail

from passkeys_django.enrolment import enrolment_url, make_enrolment
from passkeys_django.models import Enrolment
from tests.conftest import ORIGIN, Browser

LINK = re.compile(r"https?://\S+/enrol/[A-Za-z0-9_-]{43}/")
CANCEL = re.compile(r"https?://\S+/enrol/cancel/\S+?/(?=\s)")


class Holder(Browser):
    """A browser in which somebody opens the link of an enrolment."""

    def open(self, secret):
        response = self.client.get(f"/passkeys/enrol/{secret}/")
        assert response.status_code == 302, response.content
        return self

    def page(self):
        return self.client.get("/passkeys/enrol/")

    def answer(self, **overrides):
        """The authenticator's answer to new options."""
        response = self.post("start-enrolment")
        assert response.status_code == 200, response.content
        return self.authenticator.create(response.json(), **overrides)

    def finish(self, credential, query=""):
        return self.post("finalize-enrolment", credential, query=query)

    def enrol(self, query=""):
        return self.finish(self.answer(), query=query)


def new_link(user, *, reason="invitation", valid_for=timedelta(hours=1), **more):
    """An enrolment and its secret."""
    return make_enrolment(user, reason=reason, valid_for=valid_for, **more)


def holder_of(user, **more):
    """Somebody who has opened a new link for this user."""
    _enrolment, secret = new_link(user, **more)
    return Holder().open(secret)


def aged(enrolment, **moved):
    """The enrolment, as if it had been made so long before."""
    delta = timedelta(**moved)
    for name in ("created_at", "not_before", "expires_at"):
        setattr(enrolment, name, getattr(enrolment, name) - delta)
    enrolment.save()
    return enrolment


def link_to(secret):
    return enrolment_url(ORIGIN, secret)


def mailed_links():
    return [link for message in mail.outbox for link in LINK.findall(message.body)]


def cancel_links():
    return [link for message in mail.outbox for link in CANCEL.findall(message.body + "\n")]


def settled(enrolment):
    """The row as it is now."""
    return Enrolment.objects.get(pk=enrolment.pk)
