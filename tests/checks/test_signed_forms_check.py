"""The checks of signed forms: each mistake in the URLconf has an id, names the view and says what to do."""

from functools import cached_property
from types import ModuleType

import pytest
from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.core.checks import run_checks
from django.http import HttpResponse
from django.urls import include, path
from django.utils.translation import gettext_lazy
from django.views.generic import CreateView, UpdateView, View

from passkeys_django import check_ids
from passkeys_django.checks import settings as checks
from passkeys_django.checks.signed_forms import check_signed_forms
from passkeys_django.models import PasskeySignature
from passkeys_django.signatures import SignedFormMixin, SignedFormView


class TransferForm(forms.Form):
    to = forms.CharField()
    note = forms.CharField(required=False)


class Transfer(SignedFormView):
    action = "transfer"
    form_class = TransferForm
    unsigned_fields = ("note",)


class NewGroup(SignedFormMixin, CreateView):
    action = "new group"
    model = Group
    fields = ("name",)


class ChangedGroup(SignedFormMixin, UpdateView):
    action = "changed group"
    queryset = Group.objects.all()
    fields = ("name",)


def with_fields(**fields):
    return type("SomeForm", (forms.Form,), fields)


@pytest.fixture
def found(settings):
    """A function: the messages for a URLconf with these views."""

    def check(*views, patterns=()):
        module = ModuleType("urls")
        module.urlpatterns = [*(path(f"{number}/", view) for number, view in enumerate(views)), *patterns]
        settings.ROOT_URLCONF = module
        return check_signed_forms()

    return check


def test_good_forms_say_nothing(found):
    assert found(Transfer.as_view(), NewGroup.as_view(), ChangedGroup.as_view()) == []


def test_the_check_is_registered(found):
    assert check_signed_forms in checks.ALL
    found(Transfer.as_view(action=""))
    assert [m.id for m in run_checks(tags=["security"])].count(check_ids.SIGNED_FORM_WITHOUT_ACTION) == 1


def test_a_site_without_signed_forms_says_nothing(found):
    assert found(View.as_view(), lambda request: HttpResponse()) == []


@pytest.mark.parametrize("action", ["", None, gettext_lazy("Transfer"), "x" * 101, 7])
def test_a_form_without_a_usable_action_is_an_error(found, action):
    (message,) = found(Transfer.as_view(action=action))

    assert (message.id, message.level) == ("passkeys_django.E021", 40)
    assert f"{__name__}.Transfer" in message.msg
    assert "action = 'transfer'" in message.hint


def test_a_view_that_says_nothing_at_all_is_one_error(found):
    class Bare(SignedFormView):
        pass

    assert [message.id for message in found(Bare.as_view())] == ["passkeys_django.E021"]


@pytest.mark.parametrize("kind", [property, cached_property])
def test_an_action_that_is_computed_is_left_to_the_request(found, kind):
    class Computed(Transfer):
        @kind
        def action(self):
            raise AssertionError("nobody has asked")

        @kind
        def unsigned_fields(self):
            raise AssertionError("nobody has asked")

    assert found(Computed.as_view()) == []


def test_an_action_that_is_a_method_is_an_error(found):
    class Method(Transfer):
        def action(self):
            return "transfer"

    assert [message.id for message in found(Method.as_view())] == ["passkeys_django.E021"]


def test_two_views_with_one_action_are_a_warning(found):
    class Other(Transfer):
        pass

    (message,) = found(Transfer.as_view(), Other.as_view(), NewGroup.as_view())

    assert (message.id, message.level) == ("passkeys_django.W027", 30)
    assert "'transfer'" in message.msg
    assert f"{__name__}.Transfer" in message.msg
    assert "Other" in message.msg


def test_one_class_with_two_forms_is_two_views(found):
    other = with_fields(to=forms.CharField(), note=forms.CharField())
    (message,) = found(Transfer.as_view(), Transfer.as_view(form_class=other))
    assert message.id == "passkeys_django.W027"


def test_one_view_at_two_addresses_is_fine(found):
    assert found(Transfer.as_view(), Transfer.as_view(template_name="other.html")) == []


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        (forms.FileField(), "A file is in no statement."),
        (type("ImageField", (forms.FileField,), {})(), "A file is in no statement."),
        (forms.CharField(widget=forms.PasswordInput), "a password must not be among them"),
    ],
)
def test_a_field_that_nobody_can_sign_is_an_error(found, field, hint):
    (message,) = found(Transfer.as_view(form_class=with_fields(secret=field, note=forms.CharField())))

    assert (message.id, message.level) == ("passkeys_django.E022", 40)
    assert "'secret'" in message.msg
    assert hint in message.hint


@pytest.mark.parametrize("name", ["passkey", "signed_form"])
def test_a_name_of_the_page_itself_is_an_error(found, name):
    form_class = with_fields(note=forms.CharField(), **{name: forms.CharField()})
    (message,) = found(Transfer.as_view(form_class=form_class))

    assert message.id == "passkeys_django.E022"
    assert repr(name) in message.msg


def test_the_fields_of_a_model_are_examined_too(found):
    (message,) = found(NewGroup.as_view(fields=None, form_class=user_form("password")))
    assert message.id == "passkeys_django.E022"


def user_form(field):
    meta = type(
        "Meta", (), {"model": get_user_model(), "fields": [field], "widgets": {field: forms.PasswordInput}}
    )
    return type("UserForm", (forms.ModelForm,), {"Meta": meta})


def test_an_unsigned_field_that_does_not_exist_is_an_error(found):
    (message,) = found(Transfer.as_view(unsigned_fields=("note", "noet")))

    assert (message.id, message.level) == ("passkeys_django.E023", 40)
    assert "['noet']" in message.msg
    assert "to, note" in message.hint


@pytest.mark.parametrize("names", ["note", None])
def test_unsigned_fields_that_are_no_list_are_an_error(found, names):
    (message,) = found(Transfer.as_view(unsigned_fields=names))

    assert message.id == "passkeys_django.E023"
    assert "('note',)" in message.hint


class Growing(TransferForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["later"] = forms.CharField()


class GrowingView(Transfer):
    def get_form(self, form_class=None):
        raise AssertionError("nobody has asked")


@pytest.mark.parametrize("view", [Transfer.as_view(form_class=Growing), GrowingView.as_view()])
def test_fields_that_code_may_add_are_not_missed(found, view):
    view.view_initkwargs["unsigned_fields"] = ("later",)
    assert found(view) == []


def test_a_form_that_is_chosen_for_each_request_is_left_to_the_request(found):
    class Chosen(Transfer):
        def get_form_class(self):
            raise AssertionError("nobody has asked")

    assert found(Chosen.as_view(unsigned_fields=("later",))) == []


class Router:
    """Signatures in the one database, all else in the other."""

    def db_for_write(self, model, **hints):
        return "default" if model is PasskeySignature else "other"


@pytest.mark.parametrize("view", [NewGroup, ChangedGroup])
def test_a_form_in_another_database_than_its_signatures_is_an_error(found, settings, view):
    settings.DATABASE_ROUTERS = [Router()]
    (message,) = found(view.as_view(), Transfer.as_view())

    assert (message.id, message.level) == ("passkeys_django.E024", 40)
    assert view.__name__ in message.msg
    assert "'other'" in message.hint


@pytest.mark.parametrize("fields", [None, ("no such field",)])
def test_a_model_form_that_cannot_be_made_is_left_to_the_request(found, fields):
    assert found(NewGroup.as_view(fields=fields)) == []


def test_views_below_an_include_and_below_decorators_are_found(found):
    view = login_required(Transfer.as_view(action=""))
    patterns = [path("<slug:tenant>/", include(([path("", include([path("x/", view)]))], "bank")))]

    assert [message.id for message in found(patterns=patterns)] == ["passkeys_django.E021"]


@pytest.mark.parametrize("urlconf", ["no.such.module", ModuleType("without_patterns"), "tests.checks"])
def test_a_broken_urlconf_is_another_checks_business(settings, urlconf):
    settings.ROOT_URLCONF = urlconf
    assert check_signed_forms() == []


def test_what_is_no_pattern_is_another_checks_business(found):
    (message,) = found(patterns=["not a path", Transfer.as_view(), path("x/", Transfer.as_view(action=""))])
    assert message.id == "passkeys_django.E021"
