"""H2: many posts at once, from threads that share a cache."""

from collections import Counter

import pytest

from passkeys_django.models import PasskeySignature
from tests.conftest import ceremony_cookies, make_user, put_cookies
from tests.security.test_parallel import at_once
from tests.signatures.conftest import DATA, Signer, signer_of
from tests.signatures.site import transfers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["embedded", "hanko"])
def someone(request, site):
    if request.param == "hanko":
        request.getfixturevalue("hanko_site")
    return signer_of(make_user())


def copies_of(signer, count):
    """The same browser many times: its session and its ceremony cookies."""
    copies = [Signer() for _ in range(count)]
    for copy in copies:
        copy.client.cookies["sessionid"] = signer.client.cookies["sessionid"].value
        put_cookies(copy.client, ceremony_cookies(signer.client))
    return copies


def test_h2_fifty_posts_of_one_signature_make_one_transfer_and_get_one_answer(someone):
    answer = someone.answer(someone.start().json())

    responses = at_once(*(lambda copy=copy: copy.finish(answer) for copy in copies_of(someone, 50)))

    assert {response.status_code for response in responses} == {201}
    [signature] = PasskeySignature.objects.all()
    assert {response.json()["signature"] for response in responses} == {str(signature.pk)}
    assert transfers() == ["12.50 to Grace"]


def test_h2_five_signatures_of_one_page_make_one_transfer(someone):
    data = {**DATA, "signed_form": "page"}
    answers = [someone.answer(someone.start(data).json()) for _ in range(5)]
    copies = copies_of(someone, 5)

    responses = at_once(
        *(
            lambda copy=copy, answer=answer: copy.finish(answer, data)
            for copy, answer in zip(copies, answers, strict=True)
        )
    )

    codes = Counter(response.json().get("code", response.status_code) for response in responses)
    assert codes == {201: 1, "already_signed": 4}
    assert transfers() == ["12.50 to Grace"]


def test_h2_many_signatures_of_one_passkey_at_once_all_count(someone):
    """Two tabs with two pages are two signatures."""
    texts = [{**DATA, "to": f"person {number}"} for number in range(5)]
    answers = [someone.answer(someone.start(data).json()) for data in texts]
    copies = copies_of(someone, 5)

    responses = at_once(
        *(
            lambda copy=copy, answer=answer, data=data: copy.finish(answer, data)
            for copy, answer, data in zip(copies, answers, texts, strict=True)
        )
    )

    assert {response.status_code for response in responses} == {201}
    assert sorted(transfers()) == [f"12.50 to person {number}" for number in range(5)]
