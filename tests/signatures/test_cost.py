"""What a signed form costs in SQL statements, outside of any transaction of the test."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import make_user
from tests.signatures.conftest import signer_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["embedded", "hanko"])
def regular(request, site):
    """Somebody who has signed here before."""
    if request.param == "hanko":
        request.getfixturevalue("hanko_site")
    signer = signer_of(make_user())
    signer.signed()
    return signer


def test_the_first_post_needs_four_statements_two_of_which_find_the_user(regular):
    with CaptureQueriesContext(connection) as queries:
        regular.start()
    assert len(queries) <= 4


def test_the_second_post_needs_nine_statements_with_the_sites_own_and_the_transaction(regular):
    answer = regular.answer(regular.start().json())
    with CaptureQueriesContext(connection) as queries:
        assert regular.finish(answer).status_code == 201
    assert len(queries) == 9
