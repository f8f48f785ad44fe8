"""What indexes cost: a login writes into none of them, and no text has two."""

from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import models
from django.utils import timezone

from passkeys_django.ceremonies.login.assertion import _changes
from passkeys_django.models import Passkey, PasskeyEvent, PasskeySignature

COUNTED = {"use_count", "spent"}
"""What each compare-and-set of a passkey changes."""
MODELS = [pytest.param(model, id=model.__name__) for model in apps.get_app_config("passkeys_django").get_models()]


def indexed(model):
    """The fields that any index of the model has."""
    meta = model._meta
    assert not [index for index in meta.indexes if index.expressions]
    unique = [part for part in meta.constraints if isinstance(part, models.UniqueConstraint)]
    parts = [name.removeprefix("-") for index in [*meta.indexes, *unique] for name in index.fields]
    fields = {meta.pk.name if name == "pk" else name for name in parts}
    return fields | {field.name for field in meta.concrete_fields if field.db_index or field.unique}


def changed_by_a_login():
    """All fields that a login can change: this passkey differs in each of them."""
    passkey = Passkey(user_handle=b"own", backup_eligible=False, user_verified=None, refused_at=timezone.now())
    said = SimpleNamespace(sign_count=7, backup_eligible=True, backup_state=True, user_verified=True)
    credential = SimpleNamespace(authenticator_data=said, user_handle=b"another")
    return COUNTED | set(_changes(passkey, credential, SimpleNamespace(is_open=True)))


def test_a_login_changes_no_field_that_an_index_has():
    """Else PostgreSQL would write each login into all indexes of the row."""
    changed = changed_by_a_login()

    assert {"last_used_at", "sign_count", "discoverable", "refused_at"} <= changed
    assert changed & indexed(Passkey) == set()


@pytest.mark.parametrize("model", MODELS)
def test_no_text_has_an_index_for_its_beginning(model):
    """`unique` and `db_index` give a text a second index on PostgreSQL, for LIKE, which no query of ours uses."""
    texts = (models.CharField, models.TextField)
    fields = [field for field in model._meta.local_concrete_fields if isinstance(field, texts)]

    assert [field.name for field in fields if not field.primary_key and (field.unique or field.db_index)] == []


@pytest.mark.parametrize("model", [Passkey, PasskeyEvent, PasskeySignature], ids=lambda model: model.__name__)
def test_a_list_has_an_index_in_its_order(model):
    order = [name.replace("pk", "id") for name in model._meta.ordering]
    backwards = [name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in order]
    indexes = [index.fields for index in model._meta.indexes]

    assert order in indexes or backwards in indexes
