"""The large site, as staff and as people who sign in use it."""

import re
import statistics
import time
from contextlib import contextmanager
from html import unescape
from itertools import cycle

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from tests.benchmarks.peers.browsers import ClientBrowser
from tests.benchmarks.peers.people import PASSWORD, Person
from tests.benchmarks.peers.worker import warm_handler

PEOPLE = 200
"""Nobody signs in many times in ten minutes, and what we remember of that would grow."""
ROUNDS = 5


class Site:
    """Staff who may do everything, and people who have real keys."""

    def __init__(self):
        get_user_model().objects.create_superuser("boss", password=PASSWORD)
        self.staff = Client()
        assert self.staff.login(username="boss", password=PASSWORD)
        people = [Person(f"person{number}") for number in range(PEOPLE)]
        self._people, self._handler = cycle(people), warm_handler(people[0])

    def opens(self, address, query):
        """Seconds that a page of the admin takes: the median of a few."""
        return statistics.median(self.opens_once(address, query) for _ in range(ROUNDS))

    def opens_once(self, address, query):
        began = time.monotonic()
        response = self.staff.get(address, query)
        assert response.status_code == 200, (address, query, response)
        return time.monotonic() - began

    def sends(self, address, data):
        """Send a form of the admin, and then what each page that answers asks to send. In how many requests?"""
        assert self.staff.login(username="boss", password=PASSWORD)  # staff must have done this recently
        response, requests = self.staff.post(address, data), 1
        while response.status_code == 200:
            found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', response.content.decode())
            fields = {name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}
            response, requests = self.staff.post(address, fields), requests + 1
        assert response.status_code == 302, response
        return requests

    def logins(self, count):
        """Seconds that so many logins take, each for itself."""
        return [self._login() for _ in range(count)]

    def _login(self):
        began = time.monotonic()
        ClientBrowser(self._handler).sign_in(next(self._people))
        return time.monotonic() - began


@contextmanager
def open_snapshot():
    """Another connection holds a snapshot, as a backup does: no deleted row can be cleaned up meanwhile."""
    other = connection.get_new_connection(connection.get_connection_params())
    try:
        other.autocommit = False
        with other.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM passkeys_django_lock")
        yield
    finally:
        other.close()
