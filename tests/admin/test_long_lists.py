"""Lists of a million rows: nobody counts them, pages begin where the last one ended, and searches use indexes."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.utils import label_for_field
from django.contrib.admin.views.main import ChangeList
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from passkeys_django.admin.lists import paging
from passkeys_django.admin.lists.filters import MOST_YEARS, _years
from passkeys_django.models import Passkey, PasskeyEvent
from tests.conftest import make_passkey
from tests.support.evidence import SIGNATURES
from tests.support.staff import EVENTS, LIST, listed

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ROWS, PAGE = 7, 2


@pytest.fixture
def _short_pages(monkeypatch):
    """Lists of more than three rows are long, and a page has two rows."""
    monkeypatch.setattr(paging, "MOST_COUNTED", 3)
    for model_admin in ("passkeys.PasskeyAdmin", "events.PasskeyEventAdmin"):
        monkeypatch.setattr(f"passkeys_django.admin.{model_admin}.list_per_page", PAGE)


@pytest.fixture
def events(user, _short_pages):
    """Two events have the same time."""
    moments = [LONG_AGO + timedelta(days=number // 2) for number in range(ROWS)]
    rows = [PasskeyEvent.objects.create(user=user, kind="used", at=moment) for moment in moments]
    return sorted(rows, key=lambda row: (row.at, row.pk), reverse=True)


@pytest.fixture
def passkeys(user, _short_pages):
    rows = [make_passkey(user, created_at=LONG_AGO + timedelta(days=number // 2)) for number in range(ROWS)]
    return list(Passkey.objects.filter(pk__in=[row.pk for row in rows]))


def page_of(client, address, query):
    response = client.get(address, query)
    assert response.status_code == 200
    return response.context["cl"]


def asked(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}


def walk(client, address, link, query):
    """The rows of all pages, from the page with this query on, by this link of each page."""
    rows = []
    while query is not None:
        page = page_of(client, address, query)
        rows.append(list(page.result_list))
        url = getattr(page, link)
        query = None if url is None else asked(url)
    return rows


@pytest.mark.parametrize(("address", "rows"), [(EVENTS, "events"), (LIST, "passkeys")], ids=["events", "passkeys"])
def test_pages_lead_through_the_whole_list_and_back(superuser, request, address, rows):
    rows = request.getfixturevalue(rows)

    onwards = walk(superuser, address, "next_url", {})
    back = walk(superuser, address, "previous_url", asked(page_of(superuser, address, {}).last_url))

    assert [row for page in onwards for row in page] == rows
    assert [row for page in reversed(back) for row in page] == rows


def test_the_next_page_does_not_read_what_was_passed(superuser, events):
    following = asked(page_of(superuser, EVENTS, {}).next_url)

    with CaptureQueriesContext(connection) as queries:
        page_of(superuser, EVENTS, following)

    assert not [query["sql"] for query in queries if "OFFSET" in query["sql"]]


def test_a_search_and_a_filter_stay_on_the_next_page(superuser, user, other_user, events):
    PasskeyEvent.objects.create(user=other_user, kind="used")
    query = {"q": user.get_username(), "kind__exact": "used"}

    pages = walk(superuser, EVENTS, "next_url", query)

    assert [row for page in pages for row in page] == events


def test_a_filter_leads_to_the_beginning_of_the_list(superuser, events):
    page = page_of(superuser, EVENTS, asked(page_of(superuser, EVENTS, {}).next_url))

    assert "after" not in asked(page.get_query_string({"kind__exact": "used"}))


@pytest.mark.parametrize(("number", "expected"), [("1", [0, 1]), ("3", [4, 5]), ("4", [6])])
def test_a_page_can_be_asked_for_by_its_number(superuser, events, number, expected):
    assert list(page_of(superuser, EVENTS, {"p": number}).result_list) == [events[place] for place in expected]


@pytest.mark.parametrize(
    "query",
    [
        {"p": "5"},
        {"p": "0"},
        {"p": "9" * 30},
        {"after": "x"},
        {"before": "2020-01-01_1"},
        {"after": "\x00_\x00"},
        {"kind__exact": "\x00"},
        {"at__gte": "0001-01-01 00:00:00+14:00", "at__lt": "2020-01-01 00:00:00+23:59"},
        {"at__year": "99999999999"},
    ],
    ids=["number", "zero", "huge", "text", "naive", "nul", "nul in a filter", "early", "year"],
)
def test_a_page_that_is_not_there_leads_to_the_list(superuser, events, query):
    response = superuser.get(EVENTS, query)

    assert (response.status_code, asked(response["Location"])) == (302, {"e": "1"})


@pytest.mark.parametrize(
    ("address", "query"),
    [
        (LIST, {"user_handle": "abc"}),
        (LIST, {"public_key": "abc", "q": "ada"}),
        (LIST, {"transports__contains": "usb", "e": "1"}),
        (LIST, {"name__regex": "("}),
        (EVENTS, {"at__gte": "0001-01-01 00:00:00+14:00", "q": "ada"}),
        (EVENTS, {"address": "abc", "q": "ada"}),
        (LIST, {"q": " ".join(map(str, range(2000))), "parts": "yes"}),
        (SIGNATURES, {"client_data": "abc"}),
    ],
    ids=["bytes", "bytes in a search", "JSON", "pattern", "early, in a search", "no IP", "words", "evidence"],
)
def test_what_a_database_may_not_be_able_to_compare_is_no_fault_of_ours(
    superuser, events, passkeys, query, address
):
    """Databases differ in what they can compare."""
    response = superuser.get(address, query)

    assert response.status_code in (200, 302)
    assert response.status_code == 200 or asked(response["Location"]) == {"e": "1"}


def test_a_fault_of_the_database_is_not_taken_for_one_of_the_address(superuser, events, monkeypatch):
    def fail(*args, **kwargs):
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(ChangeList, "get_results", fail)
    with pytest.raises(OperationalError):
        superuser.get(EVENTS)


def test_another_order_has_pages_by_number(superuser, passkeys):
    pages = walk(superuser, LIST, "next_url", {"o": "1"})

    assert sorted(row.pk for page in pages for row in page) == sorted(row.pk for row in passkeys)
    assert asked(page_of(superuser, LIST, {"o": "1", "p": "2"}).previous_url) == {"o": "1", "p": "1"}


def test_a_long_list_says_that_there_are_more_than_were_counted(superuser, events):
    page = superuser.get(EVENTS).content.decode()

    assert "3+ passkey events" in page
    assert "Last page" in page


def test_sites_that_group_digits_see_no_broken_number(settings):
    settings.USE_THOUSAND_SEPARATOR = True

    assert str(paging.MoreThan(10_000)) == "10000"


@pytest.mark.usefixtures("_short_pages")
def test_a_short_list_is_counted(superuser, user):
    make_passkey(user)

    assert "data-passkey-pages" not in superuser.get(LIST).content.decode()


@pytest.mark.usefixtures("_short_pages")
def test_the_last_page_by_number_leads_no_further(superuser, user):
    for _ in range(2 * PAGE):
        make_passkey(user)

    page = page_of(superuser, LIST, {"p": "2"})

    assert len(list(page.result_list)) == PAGE
    assert (page.next_url, page.last_url) == (None, None)


def test_the_other_direction_is_walked_too(superuser, events):
    pages = walk(superuser, EVENTS, "next_url", {"o": "1"})

    assert [row.at for page in pages for row in page] == sorted(row.at for row in events)
    assert {row.pk for page in pages for row in page} == {row.pk for row in events}


def test_a_long_list_is_never_shown_at_once(superuser, events):
    assert len(list(page_of(superuser, EVENTS, {"all": ""}).result_list)) == PAGE


def test_the_first_page_keeps_the_search_and_the_filters(superuser, passkeys):
    query = {"q": "Laptop", "parts": "yes", "provider": "embedded"}

    assert asked(page_of(superuser, LIST, query).first_url) == query


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2020-01-01T00+23:59"]
)
def test_a_place_at_the_end_of_time_is_one_that_databases_can_compare(superuser, events, moment):
    for link in ("after", "before"):
        assert page_of(superuser, EVENTS, {link: f"{moment}_1"})


@pytest.mark.parametrize("key", ["0", "9" * 40])
def test_a_page_whose_rows_are_gone_leads_back_into_the_list(superuser, events, key):
    beyond = page_of(superuser, EVENTS, {"after": f"2000-01-01T00:00:00+00:00_{key}"})
    before = page_of(superuser, EVENTS, {"before": f"2030-01-01T00:00:00+00:00_{key}"})

    assert list(beyond.result_list) == list(before.result_list) == []
    assert list(page_of(superuser, EVENTS, asked(beyond.previous_url)).result_list) == events[-PAGE:]
    assert list(page_of(superuser, EVENTS, asked(before.next_url)).result_list) == events[:PAGE]
    assert beyond.next_url is before.previous_url is None


@pytest.mark.parametrize(
    ("address", "columns"),
    [(LIST, {"created_at"}), (EVENTS, {"at"}), (SIGNATURES, {"created_at", "action"})],
    ids=["passkeys", "events", "signatures"],
)
def test_nobody_sorts_by_a_column_without_an_index(superuser, address, columns):
    page = page_of(superuser, address, {})
    sortable = {str(header["text"]) for header in result_headers(page) if header["sortable"]}

    assert sortable == {str(label_for_field(name, page.model, page.model_admin)) for name in columns}


# Filters and searches


def test_a_chosen_year_offers_its_months(superuser, events):
    def offered(query):
        (spec,) = [spec for spec in page_of(superuser, EVENTS, query).filter_specs if spec.title == "time"]
        return {str(choice["display"]): choice["query_string"] for choice in spec.choices(_Links())}

    year = asked(offered({})["2020"])
    assert len(listed(superuser.get(EVENTS, year))) == PAGE
    month = asked(offered(year)["2020-02"])
    assert listed(superuser.get(EVENTS, month)) == set()


def test_years_that_other_software_writes_for_never_are_not_offered():
    years = _years(datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))

    assert list(years) == [timezone.localtime().year - past for past in range(MOST_YEARS)]


class _Links:
    add_facets = False

    def get_query_string(self, query, _remove=()):
        return f"?{urlencode(query)}"


def test_whole_values_are_found_unless_staff_ask_for_parts(superuser, user):
    passkey = make_passkey(user, name="Blue laptop")

    for whole in (user.get_username(), passkey.credential_id, str(passkey.pk)):
        assert listed(superuser.get(LIST, {"q": whole})) == {passkey}
    for part in ("laptop", user.get_username()[1:], passkey.credential_id[1:]):
        assert listed(superuser.get(LIST, {"q": part})) == set()
        assert listed(superuser.get(LIST, {"q": part, "parts": "yes"})) == {passkey}


def test_the_history_of_one_passkey_is_found_by_its_credential_id(superuser, user):
    passkey = make_passkey(user)
    event = PasskeyEvent.objects.create(user=user, passkey=passkey.pk, kind="used")
    PasskeyEvent.objects.create(user=user, kind="used")

    assert listed(superuser.get(EVENTS, {"q": passkey.credential_id})) == {event}


def test_a_search_compares_no_parts(superuser, user):
    make_passkey(user)
    with CaptureQueriesContext(connection) as queries:
        for address in (LIST, EVENTS):
            superuser.get(address, {"q": user.get_username()})

    for query in queries:
        for costly in ("LIKE", "UPPER(", "DISTINCT", "TRUNC"):
            assert costly not in query["sql"].upper()
