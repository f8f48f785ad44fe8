"""The admin's lists, whatever stands in the query for our filters and the search."""

import pytest
from django.utils.http import urlencode
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.answers import survived
from tests.fuzz.effort import FEW
from tests.fuzz.values import words

pytestmark = pytest.mark.django_db

PARAMETERS = [
    *("q", "parts", "provider", "unused", "storage", "created_at__gte", "at__lt"),
    *("p", "after", "before", "o", "all"),
]
WORDS = ["", "1", "-1", "9" * 30, "\x00", "1.-2.x", "synced", "year", "embedded", "yes", "9999-12-31_1"]
values = words | st.sampled_from(WORDS)
queries = st.lists(st.tuples(st.sampled_from(PARAMETERS), values), max_size=4).map(urlencode)


@pytest.mark.parametrize("page", ["passkey/", "passkeyevent/", "passkey/figures/"])
@FEW
@given(query=queries)
def test_a_list_survives_every_query(superuser, page, query):
    survived(superuser.get(f"/admin/passkeys_django/{page}?{query}"))
