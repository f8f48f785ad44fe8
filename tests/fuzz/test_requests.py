"""Any request at all, whoever sends it: no error of the server, and a code in every refusal of a JSON endpoint.

Left out is what Django itself answers 500 to, before it asks a view or while it reads a form: a Content-Type whose
charset is no text encoding (base64), any charset together with more than 1,000 fields in the query, a form whose
Content-Length is no number or has more than 63 bits, which servers refuse.
"""

import io
import uuid

import pytest
from django.urls import reverse
from django.utils.http import urlencode
from hypothesis import given
from hypothesis import strategies as st

from passkeys_django.urls import urlpatterns
from tests.fuzz.answers import assert_documented, survived
from tests.fuzz.effort import EXAMPLES
from tests.fuzz.site import CSRF_TOKEN, undone, visitors
from tests.fuzz.values import content_types, json_values, wild_bodies, words

pytestmark = pytest.mark.django_db

NAMES = sorted(pattern.name for pattern in urlpatterns)
JSON_ENDPOINTS = ("start-", "finalize-", "accepted-")
FIELDS = [
    *("name", "next", "password", "csrfmiddlewaretoken", "purpose", "mediation", "kind", "token", "passkey"),
    *("device", "username", "code", "by_email", "link", "sign_in_again"),
]
BOUNDARY = "x"

header_text = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=40)
"""What a server lets through: latin-1 without control characters."""
urls = st.sampled_from(
    [
        *("/", "//", "///", "/\\evil.example", "https://testserver/", "https://evil.example", "//evil.example"),
        *("javascript:alert(1)", "http://[", "https://[::1", "/%0d%0aX: y", "/\x00", "null", "/" + "a" * 9000),
    ]
)
addresses = st.sampled_from(
    ["127.0.0.1", "", "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "unix:", "10.0.0.1, 10.0.0.2"]
)
accepted = st.sampled_from(["application/json", "text/html", "*/*", "application/json;q=9", "a/b;q=", ",;=", "x"])
languages = st.sampled_from(["de", "ar,en;q=0.5", "*", "xx-" * 200, "en;q=x"])
lengths = st.sampled_from(["", "0", "-1", "7", "65537", "9" * 15, " 1 "])
cookies = st.sampled_from(
    ["passkey_=", "passkey_" + "a" * 22 + "=x:y", "=", ";;", "sessionid", "passkeys_not_now=\xff", "messages=x"]
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "HTTP_ACCEPT": accepted | header_text,
        "HTTP_ACCEPT_LANGUAGE": languages | header_text,
        "HTTP_ORIGIN": urls | header_text,
        "HTTP_REFERER": urls | header_text,
        "HTTP_USER_AGENT": header_text,
        "HTTP_X_CSRFTOKEN": st.just(CSRF_TOKEN) | header_text,
        "HTTP_X_FORWARDED_FOR": addresses | header_text,
        "HTTP_X_FORWARDED_PROTO": header_text,
        "HTTP_TRANSFER_ENCODING": st.just("chunked") | header_text,
        "HTTP_CONTENT_ENCODING": st.just("gzip"),
        "HTTP_X_REQUESTED_WITH": header_text,
        "HTTP_EXPECT": st.just("100-continue"),
        "CONTENT_LENGTH": lengths,
        "REMOTE_ADDR": addresses,
        "wsgi.url_scheme": st.sampled_from(["http", "https"]),
    },
)
pairs = st.lists(st.tuples(st.sampled_from(FIELDS) | words, urls | words), max_size=4)
queries = st.one_of(
    pairs.map(urlencode),
    header_text.filter(lambda text: "#" not in text),
    st.just("next=%ff&next=/%"),
)
forms = pairs.map(lambda fields: urlencode(fields).encode())


def multipart(fields):
    disposition = 'Content-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    parts = [f"--{BOUNDARY}\r\n" + disposition.format(*field) for field in fields]
    return ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()


bodies = st.one_of(
    st.tuples(st.just("application/x-www-form-urlencoded"), forms),
    st.tuples(st.just(f"multipart/form-data; boundary={BOUNDARY}"), pairs.map(multipart) | wild_bodies),
    st.tuples(content_types | header_text, wild_bodies),
)


def path_of(name, site, whose):
    """Where this endpoint is, for the user's passkey, another's or nobody's."""
    [pattern] = [pattern for pattern in urlpatterns if pattern.name == name]
    keys = {"own": site.passkey.pk, "another's": site.other_passkey.pk, "nobody's": uuid.UUID(int=1)}
    return reverse(f"passkeys:{name}", kwargs=dict.fromkeys(pattern.pattern.converters, keys[whose]))


@pytest.mark.parametrize("name", NAMES)
@EXAMPLES
@given(
    visitor=visitors,
    csrf_checks=st.booleans(),
    method=st.sampled_from(["POST", "POST", "POST", "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "x"]),
    whose=st.sampled_from(["own", "own", "another's", "nobody's"]),
    query=queries,
    headers=headers,
    cookie=st.just("") | cookies | header_text,
    typed_body=bodies,
)
def test_any_request_at_all(site, name, visitor, csrf_checks, method, whose, query, headers, cookie, typed_body):
    client = site.visitor(visitor, csrf_checks=csrf_checks)
    content_type, body = typed_body
    own_cookies = "; ".join(f"{morsel.key}={morsel.value}" for morsel in client.cookies.values())
    environ = {
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_COOKIE": f"{own_cookies}; {cookie}",
        "QUERY_STRING": query,
        "wsgi.input": io.BytesIO(body),
    }

    with undone():
        response = client.generic(method, path_of(name, site, whose), **environ | headers)

    if name.startswith(JSON_ENDPOINTS) and method != "HEAD":
        assert_documented(response, 200)
    else:
        survived(response)


wishes = st.fixed_dictionaries(
    {},
    optional={
        "purpose": st.sampled_from(["login", "confirm", "second-step", "register"]) | json_values,
        "kind": st.sampled_from(["passkey", "security-key"]) | json_values,
        "token": json_values,
        "mediation": st.sampled_from(["conditional", "required"]) | json_values,
        "device": st.sampled_from(["this", "that"]) | json_values,
        "start": st.booleans(),
    },
)


@pytest.mark.parametrize("name", ["start-login", "start-registration"])
@EXAMPLES
@given(visitor=visitors, wish=wishes)
def test_a_start_survives_every_wish(site, name, visitor, wish):
    client = site.visitor(visitor, csrf_checks=False)

    assert_documented(client.post(f"/passkeys/{name}", wish, content_type="application/json"), 200)
