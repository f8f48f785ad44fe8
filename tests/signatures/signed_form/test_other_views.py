"""Signed forms in other shapes: model forms, prefixes, mistakes of the developer, settings of the site."""

import json

import pytest
from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.http import HttpResponseRedirect
from django.urls import include, path
from django.views.generic import CreateView, DeleteView, UpdateView

from passkeys_django.models import PasskeySignature
from passkeys_django.signatures import SignedFormMixin, SignedFormView, read_statement
from passkeys_django.signatures.signed_form.databases import one_database
from passkeys_django.testing import sign
from tests.conftest import refusal
from tests.signatures.conftest import signer_of

pytestmark = pytest.mark.django_db


class GroupForm(forms.ModelForm):
    class Meta:
        model = Group
        fields = ["name"]


class Create(SignedFormMixin, CreateView):
    action = "create"
    form_class = GroupForm
    template_name = "signatures/transfer.html"

    def form_signed(self, form, signature):
        form.save()
        return HttpResponseRedirect("/groups/")


class Update(SignedFormMixin, UpdateView):
    action = "rename"
    model = Group
    form_class = GroupForm
    template_name = "signatures/transfer.html"
    success_url = "/groups/"

    def form_signed(self, form, signature):
        form.save()
        return super().form_signed(form, signature)


class Delete(SignedFormMixin, DeleteView):
    action = "delete"
    model = Group
    template_name = "signatures/transfer.html"

    def statement(self, form):
        return {"group": self.object.name}

    def form_signed(self, form, signature):
        self.object.delete()
        return HttpResponseRedirect("/groups/")


class Colours(forms.Form):
    favourite = forms.ChoiceField(choices=[("r", "Red"), ("b", "Blue")])
    others = forms.MultipleChoiceField(choices=[("r", "Red"), ("b", "Blue")])
    group = forms.ModelChoiceField(Group.objects.all())
    agreed = forms.BooleanField()
    since = forms.DateTimeField(required=False)


class Prefixed(SignedFormView):
    action = "colours"
    form_class = Colours
    template_name = "signatures/transfer.html"
    prefix = "c"
    success_url = "/groups/"


class WithFile(SignedFormView):
    class form_class(forms.Form):
        attachment = forms.FileField(required=False)

    action = "file"
    template_name = "signatures/transfer.html"


class WithPassword(SignedFormView):
    class form_class(forms.Form):
        password = forms.CharField(widget=forms.PasswordInput, required=False)

    action = "password"
    template_name = "signatures/transfer.html"


class WithOurName(SignedFormView):
    class form_class(forms.Form):
        signed_form = forms.CharField()

    action = "ours"
    template_name = "signatures/transfer.html"


class LeavesOut(SignedFormView):
    action = "colours"
    form_class = GroupForm
    template_name = "signatures/transfer.html"

    def statement(self, form):
        return {}


urlpatterns = [
    path("create/", Create.as_view()),
    path("<int:pk>/rename/", Update.as_view()),
    path("<int:pk>/delete/", Delete.as_view()),
    path("colours/", Prefixed.as_view()),
    path("file/", WithFile.as_view()),
    path("password/", WithPassword.as_view()),
    path("ours/", WithOurName.as_view()),
    path("leaves-out/", LeavesOut.as_view()),
    path("accounts/", include("django.contrib.auth.urls")),
    path("passkeys/", include("passkeys_django.urls")),
]


@pytest.fixture
def signer(settings, user):
    settings.ROOT_URLCONF = __name__
    return signer_of(user)


def signed_at(signer, url, data):
    response = sign(signer.client, signer.authenticator, url, data)
    assert response.status_code == 201, response.content
    return read_statement(PasskeySignature.objects.get(pk=response.json()["signature"]).text)


def test_a_model_form_is_saved_when_it_is_signed(signer):
    statement = signed_at(signer, "/create/", {"name": "Editors"})
    assert (statement.action, statement.data) == ("create", {"name": "Editors"})
    assert Group.objects.get().name == "Editors"


def test_a_model_form_changes_a_row_only_when_it_is_signed(signer):
    group = Group.objects.create(name="Editors")
    signer.client.post(f"/{group.pk}/rename/", {"name": "Authors"}, secure=True)
    assert Group.objects.get().name == "Editors"
    signed_at(signer, f"/{group.pk}/rename/", {"name": "Authors"})
    assert Group.objects.get().name == "Authors"


def test_a_deletion_is_signed_and_its_lost_reply_is_answered_again(signer):
    group = Group.objects.create(name="Editors")
    headers = {"Accept": "application/json"}
    url = f"/{group.pk}/delete/"
    options = signer.client.post(url, headers=headers, secure=True).json()
    body = {"passkey": json.dumps(signer.authenticator.get(options))}
    first = signer.client.post(url, body, headers=headers, secure=True)
    second = signer.client.post(url, body, headers=headers, secure=True)
    assert not Group.objects.exists()
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (201, first.json())


def test_choices_rows_boxes_and_a_prefix_are_signed_as_cleaned(signer):
    group = Group.objects.create(name="Editors")
    data = {"c-favourite": "r", "c-others": ["r", "b"], "c-group": group.pk, "c-agreed": "on"}
    statement = signed_at(signer, "/colours/", data)
    assert statement.data == {
        "favourite": "r",
        "others": ["r", "b"],
        "group": {"id": group.pk, "text": "Editors"},
        "agreed": True,
        "since": None,
    }


def test_a_page_with_a_prefix_is_signed_once_too(signer):
    group = Group.objects.create(name="Editors")
    data = {"c-favourite": "r", "c-others": ["r"], "c-group": group.pk, "c-agreed": "on", "c-signed_form": "page"}
    signed_at(signer, "/colours/", data)
    response = sign(signer.client, signer.authenticator, "/colours/", data)
    assert refusal(response) == (409, "already_signed")


@pytest.mark.parametrize(
    ("url", "message"),
    [("/file/", "a file is in no statement"), ("/password/", "a password must not be among them")],
)
def test_files_and_passwords_are_refused(signer, url, message):
    with pytest.raises(ImproperlyConfigured, match=message):
        signer.client.post(url, {"password": "secret"}, secure=True)


def test_a_field_with_a_name_of_ours_is_refused_and_not_replaced(signer):
    with pytest.raises(ImproperlyConfigured, match="'signed_form': this name is ours"):
        signer.client.get("/ours/", secure=True)


def test_a_field_that_is_neither_signed_nor_named_is_refused(signer):
    with pytest.raises(ImproperlyConfigured, match="'name', which is neither in the statement nor in"):
        signer.client.post("/leaves-out/", {"name": "Editors"}, secure=True)


def test_with_atomic_requests_a_failure_still_leaves_nothing(signer, settings, monkeypatch):
    monkeypatch.setitem(connections["default"].settings_dict, "ATOMIC_REQUESTS", True)

    def fails(view, form, signature):
        form.save()
        raise RuntimeError

    monkeypatch.setattr(Create, "form_signed", fails)
    signer.client.raise_request_exception = False
    response = sign(signer.client, signer.authenticator, "/create/", {"name": "Editors"})
    assert refusal(response) == (500, "signing_failed")
    assert not Group.objects.exists()
    assert not PasskeySignature.objects.exists()


def test_with_the_login_required_middleware_scripts_still_get_json(signer, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    signer.client.logout()
    response = signer.client.post("/create/", {}, headers={"Accept": "application/json"}, secure=True)
    assert refusal(response) == (401, "not_authenticated")


def test_a_write_to_another_database_is_refused(monkeypatch):
    monkeypatch.setattr(
        "passkeys_django.signatures.signed_form.databases.router.db_for_write", lambda model: "other"
    )
    with one_database():
        assert list(LogEntry.objects.all()) == []
        with pytest.raises(ImproperlyConfigured, match="writes to the database 'default'"):
            Group.objects.using("default").create(name="Editors")
