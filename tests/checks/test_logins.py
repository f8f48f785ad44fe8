"""Calls of `login()` that Django refuses once there are two backends, found in the sources of a site."""

import sys
from textwrap import dedent

import pytest
from django.core.checks import Tags, run_checks
from django.test import override_settings

from passkeys_django.checks.doctor import examine
from passkeys_django.checks.logins import risky_logins

IMPORTS = {
    "from django.contrib.auth import login": "login",
    "from django.contrib.auth import authenticate, login as sign_in": "sign_in",
    "from django.contrib import auth": "auth.login",
    "import django.contrib.auth": "django.contrib.auth.login",
    "import django.contrib.auth as django_auth": "django_auth.login",
    "from django.contrib.auth import alogin": "await alogin",
}
RISKY = {
    "after a sign-up": "user = form.save()\nLOGIN(request, user)",
    "after a sign-up, at once": "LOGIN(request, form.save())",
    "a CreateView": "response = super().form_valid(form)\nLOGIN(self.request, self.object)",
    "a CreateView that saves": "self.object = form.save()\nLOGIN(self.request, self.object)",
    "a new user": "user = User.objects.create_user('ada')\nLOGIN(request, user)",
    "a link by e-mail": "user = User.objects.get(pk=1)\nLOGIN(request, user=user)",
    "a link by e-mail, asynchronous": "user = await User.objects.aget(pk=1)\nLOGIN(request, user)",
    "the first": "user = User.objects.filter(pk=1).first()\nLOGIN(request, user)",
    "single sign-on": "user, created = User.objects.get_or_create(email='a@example.com')\nLOGIN(request, user)",
    "or 404": "user = get_object_or_404(User, pk=1)\nLOGIN(request, user)",
    "the same user": "LOGIN(request, request.user)",
    "in a condition": "if user := User.objects.filter(pk=1).first():\n    LOGIN(request, user)",
    "with a type": "user: User = form.save()\nLOGIN(request, user)",
    "in a function inside": "def inner():\n    user = form.save()\n    LOGIN(request, user)",
}
SAFE = {
    "the login form": "LOGIN(request, form.get_user())",
    "the login form's user": "user = form.get_user()\nLOGIN(request, user)",
    "authenticate": "user = authenticate(request, username='ada')\nLOGIN(request, user)",
    "authenticate, at once": "LOGIN(request, authenticate(request, token=1))",
    "asynchronous": "user = await aauthenticate(request, token=1)\nLOGIN(request, user)",
    "a sign-up that authenticates": "user = form.save()\nuser = authenticate(token=1)\nLOGIN(request, user)",
    "with a backend": "LOGIN(request, form.save(), backend='a.B')",
    "with a backend by position": "LOGIN(request, form.save(), 'a.B')",
    "with some keywords": "LOGIN(request, form.save(), **more)",
    "a user that was told": "user = form.save()\nuser.backend = 'a.B'\nLOGIN(request, user)",
    "somebody else's user": "LOGIN(request, user)",
    "a serializer's user": "user = serializer.validated_data['user']\nLOGIN(request, user)",
    "a serializer's user, by get": "user = serializer.validated_data.get('user')\nLOGIN(request, user)",
    "a function of the site": "user = find_user(request)\nLOGIN(request, user)",
    "another login": "client.login(request, form.save())",
    "no user": "LOGIN()",
}


def view(body, line="from django.contrib.auth import login", name="login"):
    code = body.replace("LOGIN", name).replace("\n", "\n    ")
    return f"{line}\n\nasync def view(self, request, form):\n    {code}\n"


@pytest.mark.parametrize(("line", "name"), IMPORTS.items())
def test_each_way_to_import_it_is_known(line, name):
    assert risky_logins(view(RISKY["after a sign-up"], line, name)) == [5]


@pytest.mark.parametrize("body", RISKY.values(), ids=RISKY)
def test_a_login_that_django_refuses_is_found(body):
    assert len(risky_logins(view(body))) == 1


@pytest.mark.parametrize("body", SAFE.values(), ids=SAFE)
def test_a_login_that_may_work_is_left_alone(body):
    assert risky_logins(view(body)) == []


@pytest.mark.parametrize("source", ["def :", "\0", "", "from .auth import login\ndef f(): login(r, form.save())"])
def test_what_is_no_module_or_no_login_of_django_is_left_alone(source):
    assert risky_logins(source) == []


@pytest.fixture
def site(tmp_path, monkeypatch, settings):
    """A project with an app, whose views sign people in."""
    for name in ("project", "project/shop", "project/shop/tests", "project/shop/migrations"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    source = view(RISKY["after a sign-up"])
    for name in ("views.py", "tests/cases.py", "migrations/0001_initial.py", "test_views.py"):
        (tmp_path / "project" / "shop" / name).write_text(source, encoding="utf-8")
    (tmp_path / "project" / "urls.py").write_text(dedent(source) + "urlpatterns = []\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    settings.ROOT_URLCONF = "project.urls"
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "project"]:
        del sys.modules[name]


def told(*, deploy=True):
    found = run_checks(tags=[Tags.security], include_deployment_checks=deploy)
    return sorted(message.msg for message in found if message.id == "passkeys_django.W017")


def test_the_sites_own_modules_are_read_and_no_tests_or_migrations(site, settings):
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "project.shop"], ROOT_URLCONF="tests.urls"):
        assert [message.partition(":")[0] for message in told()] == ["shop/views.py, line 5"]
    assert [message.partition(":")[0] for message in told()] == [
        "project/urls.py, line 5",
        "shop/views.py, line 5",
    ]


@pytest.mark.django_db
def test_a_deployment_and_the_doctor_tell_it_and_a_start_does_not(site):
    assert len(told()) == 2
    assert told(deploy=False) == []
    finding, _another = [finding for finding in examine() if finding.name == "logins"]
    assert finding.message.startswith("passkeys_django.W017: shop/views.py, line 5: login() names no backend")
    assert "backend='django.contrib.auth.backends.ModelBackend'" in finding.remedy


def test_with_one_backend_nothing_is_wrong(site, settings):
    settings.AUTHENTICATION_BACKENDS = ["passkeys_django.backends.PasskeyBackend"]

    assert told() == []
