"""Signatures in the admin: staff find them, read them with the verdict, and change nothing."""

import json

import pytest
from django.contrib import admin
from django.contrib.admin.utils import get_deleted_objects
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from passkeys_django.models import PasskeySignature
from passkeys_django.signatures import evidence_of, verify_signature
from tests.conftest import make_user
from tests.support.evidence import SIGNATURES, copies, make_signature
from tests.support.staff import listed, staff_client

pytestmark = pytest.mark.django_db
MAY_VIEW = "view_passkeysignature"


@pytest.fixture
def signature(user):
    return make_signature(user)


def url_of(signature, view="change"):
    return reverse(f"admin:passkeys_django_passkeysignature_{view}", args=[signature.pk])


def page_of(client, signature):
    response = client.get(url_of(signature))
    assert response.status_code == 200
    return response.content.decode()


def export(client, *signatures, **data):
    keys = [signature.pk for signature in signatures]
    return client.post(SIGNATURES, {"action": "export_jsonl", "_selected_action": keys, **data})


def test_the_fixture_makes_good_evidence(signature):
    assert verify_signature(PasskeySignature.objects.get()).problems == ()


def test_no_superuser_adds_changes_or_deletes_one(superuser, signature):
    before = evidence_of(signature)

    assert superuser.get(f"{SIGNATURES}add/").status_code == 403
    assert superuser.post(f"{SIGNATURES}add/", {"action": "transfer"}).status_code == 403
    assert superuser.post(url_of(signature), {"action": "other", "text": "{}"}).status_code == 403
    for method in (superuser.get, superuser.post):
        assert method(url_of(signature, "delete"), {"post": "yes"}).status_code == 403
    superuser.post(SIGNATURES, {"action": "delete_selected", "_selected_action": [signature.pk], "post": "yes"})

    assert evidence_of(PasskeySignature.objects.get()) == before
    assert "deletelink" not in page_of(superuser, signature)


def test_the_only_action_is_the_export(superuser, signature):
    actions = superuser.get(SIGNATURES).context["action_form"].fields["action"].choices
    assert set(dict(actions)) == {"", "export_jsonl"}


def test_the_page_shows_the_statement_the_exact_text_and_a_good_verdict(superuser, user):
    signature = make_signature(
        user, data={"to": {"id": 7, "text": "Grace"}, "urgent": True, "note": "", "items": ["tea", "<b>milk</b>"]}
    )

    page = page_of(superuser, signature)

    assert 'data-passkey-verdict="good"' in page
    assert "Good: the passkey has signed this text" in page
    for row in ("items \u203a 1", "tea", "Grace <small>(7)</small>", "Yes", ">\u2013<"):
        assert row in page
    assert "&lt;b&gt;milk&lt;/b&gt;" in page
    assert "<b>milk" not in page
    assert signature.text.replace('"', "&quot;") in page
    assert user.get_username() in page


def test_the_verdict_is_computed_anew_and_says_what_is_wrong(superuser, signature):
    assert 'data-passkey-verdict="good"' in page_of(superuser, signature)

    PasskeySignature.objects.filter(pk=signature.pk).update(text=signature.text.replace("12.50", "99.00"))

    page = page_of(superuser, signature)
    assert 'data-passkey-verdict="bad"' in page
    assert "the challenge does not contain the hash of the transaction and the text" in page
    assert "the seal is broken" in page
    assert "99.00" in page


@pytest.mark.parametrize("text", ["", "no JSON <b>", '{"action":"transfer"}'])
def test_a_text_that_nobody_can_read_is_a_page_and_no_error(superuser, signature, text):
    PasskeySignature.objects.filter(pk=signature.pk).update(text=text)

    page = page_of(superuser, signature)

    assert "The text cannot be read." in page
    assert 'data-passkey-verdict="bad"' in page
    assert "<b>" not in page.split('data-passkey-text dir="ltr"')[1].split("</pre>")[0]


def test_the_list_says_what_who_when_and_which_provider(superuser, user):
    make_signature(user, action="contract", provider="hanko:one", fallback=True)

    page = superuser.get(SIGNATURES).content.decode()

    for shown in ("contract", user.get_username(), "hanko:one", "its provider was down"):
        assert shown in page


def test_the_signer_leads_to_the_page_of_the_user_for_those_who_may_see_it(superuser, user, signature):
    if not admin.site.is_registered(type(user)):
        pytest.skip("this user model is not in the admin")
    link = f'<a href="{reverse("admin:auth_user_change", args=[user.pk])}">'
    assert link in superuser.get(SIGNATURES).content.decode()
    assert link not in staff_client(MAY_VIEW).get(SIGNATURES).content.decode()


def test_signatures_are_found_by_id_by_action_and_by_user_name(superuser, user, other_user):
    mine, contract = make_signature(user), make_signature(other_user, action="contract")

    def found(text):
        return listed(superuser.get(SIGNATURES, {"q": text}))

    assert found("") == {mine, contract}
    assert found(str(mine.pk)) == found(mine.pk.hex.upper()) == {mine}
    assert found("contract") == found(f" {other_user.get_username()} ") == {contract}
    assert found("grac") == found("%") == found("transf") == set()


def test_a_user_is_found_by_todays_name_and_by_that_of_the_time(superuser, user, signature):
    before = user.get_username()
    type(user).objects.filter(pk=user.pk).update(**{type(user).USERNAME_FIELD: "new@example.com"})

    for name in (before, "new@example.com"):
        assert listed(superuser.get(SIGNATURES, {"q": name})) == {signature}


def test_a_name_that_no_user_can_have_is_searched_too(superuser, signature, monkeypatch):
    """Where people sign in with a number, for example."""
    monkeypatch.setattr("passkeys_django.admin.people.searching.user_name_field", lambda: "user__pk")
    assert listed(superuser.get(SIGNATURES, {"q": "transfer"})) == {signature}


def test_the_search_and_the_filter_use_indexes(superuser, user, signature):
    """They never look into the text, and never read all rows."""
    with CaptureQueriesContext(connection) as queries:
        superuser.get(SIGNATURES, {"q": user.get_username(), "action": "transfer"})
    about = [query["sql"] for query in queries if "passkeysignature" in query["sql"]]
    assert about
    for sql in about:
        for costly in ("LIKE", "UPPER(", "DISTINCT", "TRUNC"):
            assert costly not in sql.upper()


def test_the_filter_offers_each_action_once(superuser, user):
    for action in ("transfer", "contract", "transfer"):
        make_signature(user, action=action)

    (spec,) = [s for s in superuser.get(SIGNATURES).context["cl"].filter_specs if s.title == "action"]
    assert spec.lookup_choices == [("contract", "contract"), ("transfer", "transfer")]
    (contract,) = listed(superuser.get(SIGNATURES, {"action": "contract"}))
    assert contract.action == "contract"
    assert len(listed(superuser.get(SIGNATURES, {"action": "unknown"}))) == 0


def test_with_many_actions_there_is_no_such_filter(superuser, signature):
    made = (next(copies(signature, 1, action=f"action {number}")) for number in range(25))
    PasskeySignature.objects.bulk_create(made)

    specs = superuser.get(SIGNATURES).context["cl"].filter_specs
    assert [spec.title for spec in specs] == ["signed"]

    chosen = superuser.get(SIGNATURES, {"action": "action 3"})
    assert len(listed(chosen)) == 1
    assert "action 3" in [spec.title == "action" and spec.value() for spec in chosen.context["cl"].filter_specs]


def test_more_signatures_take_no_more_queries(superuser, user, signature):
    with CaptureQueriesContext(connection) as few:
        superuser.get(SIGNATURES)
    for number in range(20):
        make_signature(make_user(f"user{number}"))

    with CaptureQueriesContext(connection) as many:
        assert len(listed(superuser.get(SIGNATURES))) == 21

    assert len(many) == len(few)


def test_the_evidence_of_one_is_a_file(superuser, signature):
    link = 'href="../evidence/"'
    assert link in page_of(superuser, signature)

    response = superuser.get(url_of(signature, "evidence"))

    assert json.loads(response.content) == evidence_of(signature)
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == f'attachment; filename="passkey-signature-{signature.pk}.json"'
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("key", ["2f1f3c5e-0000-4000-8000-000000000000", "no-uuid", "a/b"])
def test_the_evidence_of_a_signature_that_does_not_exist_is_not_found(superuser, key):
    assert superuser.get(f"{SIGNATURES}{key}/evidence/").status_code == 404


def test_the_evidence_of_those_selected_are_json_lines(superuser, user):
    first, second, _other = (make_signature(user) for _ in range(3))

    response = export(superuser, second, first)

    lines = b"".join(response.streaming_content).decode().splitlines()
    assert [json.loads(line) for line in lines] == [evidence_of(first), evidence_of(second)]
    assert response["Content-Type"] == "application/x-ndjson"
    assert response["Content-Disposition"].startswith('attachment; filename="passkey-signatures-')


def test_all_pages_of_the_list_are_exported(superuser, signature, monkeypatch):
    monkeypatch.setattr("passkeys_django.signatures.evidence.lines.BATCH_SIZE", 40)
    PasskeySignature.objects.bulk_create(copies(signature, 120))

    response = export(superuser, signature, select_across="1")

    lines = b"".join(response.streaming_content).decode().splitlines()
    assert len({json.loads(line)["id"] for line in lines}) == len(lines) == 121


def test_staff_who_may_view_signatures_see_and_export_them(signature):
    clerk = staff_client(MAY_VIEW)

    assert listed(clerk.get(SIGNATURES)) == {signature}
    assert "Good: the passkey" in page_of(clerk, signature)
    assert clerk.get(url_of(signature, "evidence")).status_code == 200
    assert b"".join(export(clerk, signature).streaming_content)


def test_the_permission_to_delete_deletes_nothing(signature):
    clerk = staff_client(MAY_VIEW, "delete_passkeysignature", "change_passkeysignature")

    assert clerk.post(url_of(signature, "delete"), {"post": "yes"}).status_code == 403
    assert clerk.post(url_of(signature), {"action": "other"}).status_code == 403


def test_people_who_are_not_signed_in_see_nothing(client, signature):
    for url in (SIGNATURES, url_of(signature), url_of(signature, "evidence")):
        assert client.get(url)["Location"].startswith("/admin/login/")


def test_signatures_take_a_permission_of_their_own(signature):
    clerk = staff_client("view_passkey", "view_passkeyevent")

    for url in (SIGNATURES, url_of(signature), url_of(signature, "evidence")):
        assert clerk.get(url).status_code == 403
    assert export(clerk, signature).status_code == 403


def test_a_signature_outlives_its_user_and_stays_good(superuser, user, signature):
    name, key = user.get_username(), str(user.pk)
    request = superuser.get("/admin/").wsgi_request
    _shown, counts, needed, protected = get_deleted_objects([user], request, admin.site)
    assert "passkey signatures" not in counts
    assert (needed, protected) == (set(), [])

    user.delete()

    stored = PasskeySignature.objects.get()
    assert (stored.user, stored.user_name, stored.user_key) == (None, name, key)
    assert verify_signature(stored).problems == ()
    assert name in superuser.get(SIGNATURES).content.decode()
    assert listed(superuser.get(SIGNATURES, {"q": name})) == {signature}
    assert "Good: the passkey" in page_of(superuser, stored)
