"""Makes a fresh site in this folder, with README.md's five edits, and signs in there with a passkey.

The site uses the package that is installed here. Only README.md comes from the checkout.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

README = Path(__file__).parent.parent / "README.md"
#: README.md adds to a site with Django's login page
LOGIN_URLS = 'urlpatterns += [path("accounts/", include("django.contrib.auth.urls"))]\n'
LOGIN_TEMPLATES = 'TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates"]\n'
LOGIN_FORM = '<form method="post">{% csrf_token %}{{ form }}<button>Sign in</button></form>\n'


def edits() -> list[str]:
    """The five blocks of README.md: two for the settings, one each for the URLs, the login page and the frame."""
    blocks = re.findall(r"^   ```(?:python|django)\n(.*?)^   ```", README.read_text("utf-8"), re.DOTALL | re.M)
    return [dedent(block) for block in blocks]


def edited(text: str, edit: str) -> str:
    """`text` with `edit`: in place of the list whose entries its "# ..." stands for; else at the end."""
    for name in re.findall(r"^(\w+) = \[\n    # \.\.\.$", edit, re.MULTILINE):
        present = re.search(rf"^{name} = \[\n(.*?)^\]\n", text, re.DOTALL | re.MULTILINE)
        assert present, f"there is no {name}"
        return text.replace(present[0], edit.replace("    # ...\n", present[1]))
    return text + "\n" + edit


def make_site(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "django", "startproject", "mysite", folder], check=True)  # noqa: S603
    app, identity, urls, login, frame = edits()
    for name, changes in {"settings": [app, identity, LOGIN_TEMPLATES], "urls": [urls, LOGIN_URLS]}.items():
        path = folder / "mysite" / f"{name}.py"
        text = path.read_text("utf-8").replace(
            "DEBUG = True", "DEBUG = False"
        )  # the second edit is for production
        for change in changes:
            text = edited(text, change)
        path.write_text(text, "utf-8")
    templates = folder / "templates"
    (templates / "registration").mkdir(parents=True)
    (templates / "registration" / "login.html").write_text(LOGIN_FORM + login, "utf-8")
    (templates / "base.html").write_text(frame, "utf-8")


def start_site(folder: Path) -> None:
    import django
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    sys.path.insert(0, str(folder))
    os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.settings"
    django.setup()
    call_command("check", fail_level="WARNING")
    call_command("migrate", verbosity=0)
    setup_test_environment()


def sign_in() -> None:
    """Register and sign in through the site's URLs. Imports wait for `start_site`."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    from passkeys_django.testing import SoftwareAuthenticator, login, register

    client, authenticator = Client(), SoftwareAuthenticator(origin=settings.PASSKEY_ORIGINS[0])
    ada = User.objects.create_user("ada", password="correct horse")  # noqa: S106  # of a site that is deleted
    assert client.login(username="ada", password="correct horse")  # noqa: S106
    assert register(client, authenticator).status_code == 201
    client.logout()
    assert "Sign in with a passkey" in client.get("/accounts/login/").text
    response = login(client, authenticator, next="/passkeys/")
    assert response.status_code == 200, response.content
    assert client.session["_auth_user_id"] == str(ada.pk)
    page = client.get(response.json()["redirect_url"])
    assert page.status_code == 200
    assert "<title>Your passkeys</title>" in page.text
    assert 'passkeys_django/passkeys.css"' in page.text
    assert '<a href="/passkeys/">Your passkeys</a>' in page.text


def main() -> None:
    make_site(Path.cwd())
    start_site(Path.cwd())
    sign_in()
    import passkeys_django

    print(f"signed in with passkeys_django {passkeys_django.__version__} from {passkeys_django.__path__[0]}")


if __name__ == "__main__":
    main()
