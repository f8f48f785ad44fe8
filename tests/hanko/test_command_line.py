"""`python -m passkeys_django.hanko` against a fake server on a port."""

import io
import json
import re
import stat
import subprocess
import sys
from dataclasses import replace
from uuid import UUID

import pytest

from passkeys_django.hanko import HankoAdminClient, HankoClient, command_line
from passkeys_django.hanko.admin_api import tenants
from passkeys_django.hanko.command_line import main
from passkeys_django.testing.hanko import FakeHanko, serve
from tests.hanko.server import Server, reply
from tests.support.as_main import run_as_main

ORIGIN = "https://example.com"
KEY = re.compile(r"[A-Za-z0-9_-]{86}==")
CREATE = ("tenants", "create", "--name", "Demo", "--rp-id", "example.com", "--origin", ORIGIN)


@pytest.fixture
def fake():
    fake = FakeHanko()
    yield fake
    assert fake.errors == []


@pytest.fixture
def tenant(fake):
    return fake.create_tenant(rp_id="example.com", origins=[ORIGIN])


@pytest.fixture
def admin_url(fake, monkeypatch):
    with serve(fake, admin=True) as server:
        monkeypatch.setenv("HANKO_ADMIN_URL", server.url)
        yield server.url


@pytest.fixture
def run(admin_url, capsys):
    """Run a command and return exit code, stdout and stderr."""

    def _run(*arguments):
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _run


@pytest.fixture
def answer(monkeypatch):
    """Somebody at a terminal who answers every question like this."""

    def _answer(text):
        terminal = io.StringIO(f"{text}\n")
        terminal.isatty = lambda: True
        monkeypatch.setattr(sys, "stdin", terminal)

    return _answer


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def only_tenant(fake):
    (tenant,) = fake.state.tenants.values()
    return tenant


def variables(text):
    return dict(line.split("=", 1) for line in text.splitlines() if not line.startswith("#"))


# Tenants


def test_a_new_tenant_prints_what_to_put_into_env(run, fake):
    code, out, err = run(*CREATE, "--origin", "https://www.example.com")
    tenant = only_tenant(fake)
    assert (code, err) == (0, "")
    assert variables(out) == {"PASSKEY_TENANT_ID": tenant.id, "PASSKEY_SECRET_API_KEY": tenant.api_key}
    assert "# PASSKEY_BASE_URL" in out
    assert tenant.display_name == tenant.configuration.rp_name == "Demo"
    assert tenant.configuration.origins == (ORIGIN, "https://www.example.com")
    assert tenant.configuration.webauthn.attestation_preference == "none"


def test_what_was_printed_works(run, fake):
    values = variables(run(*CREATE)[1])
    with serve(fake) as public:
        client = HankoClient(
            tenant_id=values["PASSKEY_TENANT_ID"], api_key=values["PASSKEY_SECRET_API_KEY"], base_url=public.url
        )
        assert list(client.list_credentials()) == []


def test_a_new_tenant_as_json(run, fake):
    code, out, _err = run(*CREATE, "--json")
    made = json.loads(out)
    assert code == 0
    assert (made["id"], made["api_key"]["secret"]) == (only_tenant(fake).id, only_tenant(fake).api_key)


@pytest.mark.parametrize("extra", [(), ("--json",)])
def test_a_key_that_is_written_is_not_printed(run, fake, tmp_path, extra):
    path = tmp_path / ".env"
    code, out, err = run(*CREATE, "--write-env", path, *extra)
    tenant = only_tenant(fake)
    assert (code, err) == (0, "")
    assert not KEY.search(out)
    assert variables(path.read_text()) == {
        "PASSKEY_TENANT_ID": tenant.id,
        "PASSKEY_SECRET_API_KEY": tenant.api_key,
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_costs_no_tenant(run, fake, tmp_path):
    code, out, err = run(*CREATE, "--write-env", tmp_path / "no" / ".env")
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert fake.state.tenants == {}


def test_a_key_that_is_lost_is_told(run, fake, tmp_path, monkeypatch):
    def update(self, values):
        raise OSError("No space left on device")

    monkeypatch.setattr(command_line.commands.env_file.EnvFile, "update", update)
    code, out, err = run(*CREATE, "--write-env", tmp_path / ".env")
    assert (code, out) == (2, "")
    assert "No space left" in err
    assert f"keys create {only_tenant(fake).id}" in err
    assert not KEY.search(err)


def test_a_tenant_that_cannot_be_made_leaves_no_file(run, fake, tmp_path):
    fake.faults.status = 500
    code, _out, err = run(*CREATE, "--write-env", tmp_path / ".env")
    assert (code, err.count("\n")) == (1, 1)
    assert list(tmp_path.iterdir()) == []


def unheard(request):
    """The server does what it was asked, and the reply never arrives."""
    return request.method == "POST"


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        (CREATE, "see `tenants list`: if the tenant is there, `keys create TENANT-ID` makes a key for it"),
        (("keys", "create", "TENANT", "--name", "New"), "see `keys list`: if the key is there, delete it"),
    ],
    ids=["a tenant", "a key"],
)
def test_what_may_have_been_made_though_nothing_was_heard_is_told(run, fake, tenant, command, advice):
    fake.faults.only, fake.faults.truncate = unheard, True
    code, out, err = run(*(tenant.id if argument == "TENANT" else argument for argument in command))
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert advice in err


def test_a_time_out_is_called_so(fake, admin_url, monkeypatch, capsys):
    monkeypatch.setattr(tenants, "KEY_TIME", 0.0)
    monkeypatch.setattr(
        command_line,
        "HankoAdminClient",
        lambda *, admin_url: HankoAdminClient(admin_url=admin_url, read_timeout=0.1),
    )
    fake.faults.delay = 30
    assert main(CREATE) == 3
    fake.faults.clear()
    err = capsys.readouterr().err
    assert err.startswith("error: no answer in time from http://")
    assert "`tenants list`" in err


@pytest.mark.parametrize("origin", ["https://example.com/", "example.com"])
def test_an_origin_that_never_matches_is_wrong_usage(run, fake, origin):
    code, _out, err = run("tenants", "create", "--name", "D", "--rp-id", "example.com", "--origin", origin)
    assert code == 2
    assert err.startswith("error: origins must ")
    assert "'https://example.com'" in err
    assert fake.requests == []


RELATED = "https://example.org"
ANDROID = f"android:apk-key-hash:{'A' * 43}"


@pytest.mark.parametrize(
    ("rp_id", "remedy"),
    [
        ("https://example.com", ": write 'example.com'"),
        ("example.com:8000", ": write 'example.com'"),
        ("Example.com", ": write 'example.com'"),
        (" example.com", ": write 'example.com'"),
        ("example.com/login", ": write 'example.com'"),
        ("münchen.example", ": write 'xn--mnchen-3ya.example'"),
        ("127.0.0.1", ", and not an IP address"),
        ("::1", ", and not an IP address"),
        ("exa mple.com", ", and not an IP address"),
        ("example..com", ", and not an IP address"),
        ("example-.com", ", and not an IP address"),
    ],
)
def test_an_rp_id_that_can_never_work_is_refused(run, fake, rp_id, remedy):
    code, _out, err = run("tenants", "create", "--name", "D", "--rp-id", rp_id, "--origin", ORIGIN)
    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith("error: the RP ID must be a domain in small letters")
    assert err.endswith(f"{remedy}\n")
    assert fake.requests == []


@pytest.mark.parametrize(
    ("origin", "complaint"),
    [
        ("https://example.org", "lies outside of the RP ID 'example.com'"),
        ("https://badexample.com", "lies outside of the RP ID 'example.com'"),
        ("https://.example.com", "lies outside of the RP ID 'example.com'"),
        ("http://example.com", "must be https"),
        ("ftp://example.com", "must be https"),
        ("https://Example.com", "write 'https://example.com'"),
        ("https://ada@example.com", "write 'https://example.com'"),
        ("android:apk-key-hash:AAAA", "must end in a SHA-256 in base64url"),
    ],
)
@pytest.mark.parametrize("verb", ["create", "update"])
def test_an_origin_where_the_rp_id_cannot_be_used_is_refused(run, fake, tenant, verb, origin, complaint):
    before = tenant.configuration
    start = CREATE if verb == "create" else ("tenants", "update", tenant.id)
    code, _out, err = run(*start, "--origin", origin)
    assert code == 2
    assert complaint in err
    assert list(fake.state.tenants.values()) == [tenant]
    assert tenant.configuration == before


@pytest.mark.parametrize("rp_id", ["localhost", "example.com", "intranet"])
def test_other_rp_ids_and_origins_pass(run, fake, rp_id):
    origins = [f"https://{rp_id}", f"https://www.{rp_id}:8443", ANDROID]
    named = [part for origin in origins for part in ("--origin", origin)]
    arguments = ("--name", "D", "--rp-id", rp_id, *named, "--related-origin", RELATED)
    assert run("tenants", "create", *arguments)[0] == 0
    assert only_tenant(fake).configuration.origins == (*origins, RELATED)


# Changing a tenant


def settings_of(tenant):
    configuration = tenant.configuration
    return configuration.webauthn, configuration.mfa, configuration.origins, configuration.cors_origins


def test_a_tenant_is_changed_and_nothing_else_about_it(run, fake, tenant):
    webauthn, mfa, origins, _cors = settings_of(tenant)
    code, out, err = run("tenants", "update", tenant.id, "--user-verification", "preferred")
    assert (code, err) == (0, "")
    assert re.search(r"^User verification +preferred$", out, re.MULTILINE)
    assert settings_of(tenant)[:3] == (replace(webauthn, user_verification="preferred"), mfa, origins)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("user-verification", "discouraged"),
        ("attachment", "platform"),
        ("attestation-preference", "indirect"),
        ("resident-key-requirement", "preferred"),
    ],
)
@pytest.mark.parametrize("of", ["webauthn", "mfa"])
def test_each_setting_of_passkeys_and_second_factors_is_changed(run, tenant, of, option, value):
    before = getattr(tenant.configuration, of)
    assert run("tenants", "update", tenant.id, f"--{'mfa-' if of == 'mfa' else ''}{option}", value)[0] == 0
    assert getattr(tenant.configuration, of) == replace(before, **{option.replace("-", "_"): value})


def test_any_attachment_is_none(run, tenant):
    assert run("tenants", "update", tenant.id, "--attachment", "platform")[0] == 0
    assert run("tenants", "update", tenant.id, "--attachment", "any")[0] == 0
    assert tenant.configuration.webauthn.attachment is None


def test_origins_replace_origins_of_their_kind(run, tenant):
    shop, blog = "https://shop.example.com", "https://blog.example"
    assert run("tenants", "update", tenant.id, "--related-origin", RELATED)[0] == 0
    assert set(tenant.configuration.origins) == {ORIGIN, RELATED}
    assert run("tenants", "update", tenant.id, "--origin", shop, "--origin", ANDROID)[0] == 0
    assert set(tenant.configuration.origins) == {shop, ANDROID, RELATED}
    assert run("tenants", "update", tenant.id, "--related-origin", blog)[0] == 0
    assert set(tenant.configuration.origins) == set(tenant.configuration.cors_origins) == {shop, ANDROID, blog}


def test_origins_of_cors_that_are_others_stay(run, admin_url, tenant):
    admin = HankoAdminClient(admin_url=admin_url)
    configuration = admin.get_tenant(tenant_id=tenant.id).configuration
    cors = replace(configuration.cors, allowed_origins=("https://*.example.com",))
    admin.update_configuration(tenant_id=tenant.id, configuration=replace(configuration, cors=cors))

    assert run("tenants", "update", tenant.id, "--origin", "https://www.example.com")[0] == 0

    assert list(tenant.configuration.cors_origins) == ["https://*.example.com"]


def test_a_tenant_older_than_second_factors_gets_them_with_its_own_timeout(run, tenant, monkeypatch):
    original = HankoAdminClient.get_tenant

    def without_second_factors(self, *, tenant_id):
        found = original(self, tenant_id=tenant_id)
        return replace(found, configuration=replace(found.configuration, mfa=None))

    monkeypatch.setattr(HankoAdminClient, "get_tenant", without_second_factors)
    assert "Second factors" not in run("tenants", "show", tenant.id)[1]
    assert run("tenants", "update", tenant.id, "--mfa-user-verification", "discouraged")[0] == 0
    assert tenant.configuration.mfa.user_verification == "discouraged"
    assert tenant.configuration.mfa.timeout == tenant.configuration.webauthn.timeout


@pytest.mark.parametrize("arguments", [(), ("--origin", ORIGIN), ("--user-verification", "required")])
def test_what_changes_nothing_is_wrong_usage(run, fake, tenant, arguments):
    code, _out, err = run("tenants", "update", tenant.id, *arguments)
    assert code == 2
    assert "nothing to change" in err
    assert "PUT" not in {method for method, _path in fake.requests}


# JWK secrets


def test_a_new_jwk_secret_makes_a_new_signing_key_and_is_never_shown(run, fake, tenant):
    code, out, err = run("jwk-secrets", "create", tenant.id, "--name", "2027")
    assert (code, err) == (0, "")
    assert not KEY.search(out)
    assert "Keep the older secrets" in out
    listed = run("jwk-secrets", "list", tenant.id)[1]
    assert [line.split()[1] for line in listed.splitlines()[1:]] == ["Initial", "2027"]
    assert not KEY.search(run("jwk-secrets", "list", tenant.id, "--json")[1])
    with serve(fake) as public:
        client = HankoClient(tenant_id=tenant.id, api_key=tenant.api_key, base_url=public.url)
        assert len(client.jwks()) == 2


def test_a_jwk_secret_needs_a_new_name(run, tenant):
    code, _out, err = run("jwk-secrets", "create", tenant.id, "--name", "Initial API Key")
    assert code == 1
    assert "is there a secret of this name already?" in err


def test_tenants_are_listed(run, tenant):
    code, out, _err = run("tenants", "list")
    assert code == 0
    assert [line.split() for line in out.splitlines()] == [["ID", "NAME"], [tenant.id, "Demo"]]
    assert json.loads(run("tenants", "list", "--json")[1]) == [{"id": tenant.id, "display_name": "Demo"}]


def test_names_cannot_write_to_the_terminal(run, fake):
    fake.create_tenant(rp_id="example.com", origins=[ORIGIN], display_name="\x1b[2J\nDemo")
    out = run("tenants", "list")[1]
    assert "\x1b" not in out
    assert len(out.splitlines()) == 2


def test_a_tenant_is_shown(run, tenant):
    code, out, _err = run("tenants", "show", tenant.id)
    assert code == 0
    assert tenant.id in out
    assert ORIGIN in out
    shown = json.loads(run("tenants", "show", tenant.id, "--json")[1])
    assert shown["configuration"]["relying_party"]["origins"] == [ORIGIN]
    assert shown["configuration"]["mfa"]["attachment"] == "cross-platform"


def test_a_tenant_is_deleted_after_a_question(run, fake, tenant, answer):
    answer("y")
    code, out, err = run("tenants", "delete", tenant.id)
    assert (code, out) == (0, f"deleted {tenant.id}\n")
    assert err == f"Delete the tenant 'Demo' ({tenant.id}) with all users and passkeys? [y/N] "
    assert fake.state.tenants == {}


@pytest.mark.parametrize("text", ["", "n", "yep"])
def test_a_tenant_stays_without_a_yes(run, fake, tenant, answer, text):
    answer(text)
    code, _out, err = run("tenants", "delete", tenant.id)
    assert code == 1
    assert err.endswith("error: nothing was deleted\n")
    assert only_tenant(fake) is tenant


def test_a_tenant_is_deleted_unasked_by_who_says_so(run, fake, tenant):
    assert json.loads(run("tenants", "delete", tenant.id, "--yes", "--json")[1]) == {"deleted": tenant.id}
    assert fake.state.tenants == {}


@pytest.mark.parametrize("noun", ["tenants", "keys", "users"])
def test_nothing_is_deleted_where_nobody_can_be_asked(run, fake, tenant, noun):
    fake.add_credential(tenant, user_id="ada-1", public_key=b"\xa0")
    wanted = {"tenants": (), "keys": ("Initial API Key",), "users": ("ada-1",)}[noun]
    code, _out, err = run(noun, "delete", tenant.id, *wanted)
    assert (code, err) == (2, "error: without a terminal, nobody can answer: add --yes\n")
    assert only_tenant(fake).api_key
    assert only_tenant(fake).users


# Keys


def test_keys_are_masked_unless_asked_for(run, tenant):
    for extra in ((), ("--json",)):
        out = run("keys", "list", tenant.id, *extra)[1]
        assert "Initial API Key" in out
        assert not KEY.search(out)
        assert f"{tenant.api_key[:4]}..." in out
        assert tenant.api_key in run("keys", "list", tenant.id, "--show-secrets", *extra)[1]


def test_a_new_key_prints_what_to_put_into_env(run, tenant):
    code, out, _err = run("keys", "create", tenant.id.upper(), "--name", "ci")
    assert code == 0
    assert variables(out) == {"PASSKEY_TENANT_ID": tenant.id, "PASSKEY_SECRET_API_KEY": tenant.secrets[-1].secret}


def test_a_new_key_can_replace_the_one_in_a_file(run, tenant, tmp_path):
    path = tmp_path / ".env"
    path.write_text(f"DEBUG=on\nPASSKEY_TENANT_ID={tenant.id}\nPASSKEY_SECRET_API_KEY=old\n# end\n")
    code, out, _err = run("keys", "create", tenant.id, "--name", "ci", "--write-env", path)
    assert code == 0
    assert not KEY.search(out)
    new = tenant.secrets[-1].secret
    assert path.read_text() == (f"DEBUG=on\nPASSKEY_TENANT_ID={tenant.id}\nPASSKEY_SECRET_API_KEY={new}\n# end\n")


def test_a_name_that_exists_is_explained(run, tenant):
    code, _out, err = run("keys", "create", tenant.id, "--name", "Initial JWK Key")
    assert code == 1
    assert "is there a secret of this name already?" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("by", ["id", "name"])
def test_a_key_is_deleted_by_id_or_name(run, tenant, answer, by):
    key = tenant.secrets[0]
    answer("yes")
    code, out, _err = run("keys", "delete", tenant.id, getattr(key, by))
    assert (code, out) == (0, f"deleted {key.id}\n")
    assert [secret.kind for secret in tenant.secrets] == ["jwk"]


def test_a_jwk_secret_is_no_api_key(run, tenant):
    code, _out, err = run("keys", "delete", tenant.id, "Initial JWK Key", "--yes")
    assert (code, err) == (1, "error: this tenant has no API key 'Initial JWK Key'\n")


# Users


@pytest.fixture
def users(fake, tenant):
    for number in range(3):
        fake.add_credential(tenant, user_id=f"user-{number}", public_key=b"\xa0")
    return tenant.users


def test_users_are_listed(run, tenant, users):
    code, out, _err = run("users", "list", tenant.id)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == list(users)
    assert [user["user_id"] for user in json.loads(run("users", "list", tenant.id, "--json")[1])] == list(users)


@pytest.mark.parametrize("by", ["id", "user_id"])
def test_a_user_is_shown_with_credentials(run, tenant, users, by):
    user = users["user-1"]
    (credential_id,) = user.credentials
    code, out, _err = run("users", "show", tenant.id, getattr(user, by))
    assert code == 0
    assert credential_id in out
    assert "passkey" in out
    shown = json.loads(run("users", "show", tenant.id, "user-1", "--json")[1])
    assert [item["id"] for item in shown["credentials"]] == [credential_id]
    assert shown["credentials"][0]["created_at"].endswith("+00:00")


def test_a_second_factor_is_called_so(run, fake, tenant):
    fake.add_credential(tenant, user_id="ada-1", public_key=b"\xa0", is_mfa=True)
    assert "second factor" in run("users", "show", tenant.id, "ada-1")[1]


def test_a_user_is_deleted(run, tenant, users, answer):
    answer("y")
    code, _out, err = run("users", "delete", tenant.id, "user-1")
    assert code == 0
    assert err.startswith("Delete the user 'user-1' ")
    assert list(users) == ["user-0", "user-2"]


@pytest.mark.parametrize("command", ["show", "delete"])
def test_a_user_of_another_tenant_is_out_of_reach(run, fake, tenant, users, command):
    other = fake.create_tenant(rp_id="example.org", origins=["https://example.org"])
    internal_id = users["user-1"].id
    code, _out, err = run("users", command, other.id, internal_id)
    assert (code, err) == (1, f"error: this tenant has no user '{internal_id}'\n")
    assert len(users) == 3


# What can go wrong


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("tenants",),
        ("tenants", "create", "--name", "Demo"),
        ("tenants", "show"),
        ("keys", "create", "x"),
        ("users", "show", "x"),
        ("passkeys", "list"),
    ],
)
def test_wrong_usage(run, arguments, capsys):
    with pytest.raises(SystemExit) as raised:
        run(*arguments)
    assert raised.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_without_an_address_it_is_wrong_usage(monkeypatch, capsys):
    monkeypatch.delenv("HANKO_ADMIN_URL", raising=False)
    with pytest.raises(SystemExit) as raised:
        main(["tenants", "list"])
    assert raised.value.code == 2
    assert "--admin-url" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--admin-url", "URL", "tenants", "list"),
        ("tenants", "--admin-url", "URL", "list"),
        ("tenants", "list", "--admin-url", "URL"),
    ],
)
def test_the_address_may_stand_before_and_after(admin_url, monkeypatch, capsys, arguments):
    monkeypatch.setenv("HANKO_ADMIN_URL", "http://127.0.0.1:1")
    assert main([admin_url if argument == "URL" else argument for argument in arguments]) == 0


def test_an_address_without_a_scheme_is_wrong_usage(run):
    code, _out, err = run("tenants", "list", "--admin-url", "localhost:8001")
    assert (code, err) == (2, "error: the admin URL must begin with http:// or https://\n")


def test_an_id_that_is_no_uuid_is_wrong_usage(run, fake):
    assert run("tenants", "show", "demo") == (2, "", "error: tenant_id must be a UUID\n")
    assert fake.requests == []


def test_an_unknown_tenant_is_a_no(run):
    code, _out, err = run("tenants", "show", UUID(int=0))
    assert code == 1
    assert err.startswith("error: Hanko: 404 tenant not found ")


def test_a_server_that_is_not_there(capsys):
    with serve(FakeHanko()) as server:
        port = server.port
    assert main(["--admin-url", f"http://operator:secret@127.0.0.1:{port}/", "tenants", "list"]) == 3
    err = capsys.readouterr().err
    assert err.startswith(f"error: cannot reach http://127.0.0.1:{port}: ")
    assert "secret" not in err
    assert err.count("\n") == 1


def test_something_else_that_answers(capsys):
    server = Server(lambda connection: connection.sendall(reply(b"<html>")))
    assert main(["--admin-url", server.url, "tenants", "list"]) == 3
    server.close()
    assert capsys.readouterr().err.startswith(f"error: there is no Hanko admin API at {server.url}: ")


def test_the_public_api_is_recognised(fake, capsys):
    with serve(fake) as public:
        assert main(["--admin-url", public.url, "tenants", "list"]) == 1
    assert "this is the public API" in capsys.readouterr().err


def test_ctrl_c_is_no_traceback(run, monkeypatch):
    def interrupted(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "_run", interrupted)
    assert run("tenants", "list") == (1, "", "error: interrupted\n")


def test_the_exit_codes_are_in_the_help(capsys):
    with pytest.raises(SystemExit) as raised:
        main(["--help"])
    assert raised.value.code == 0
    assert "exit codes: 0 done, 1 " in capsys.readouterr().out


def test_it_runs_as_a_module(admin_url, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["hanko", "tenants", "list", "--json"])
    with pytest.raises(SystemExit) as raised:
        run_as_main("passkeys_django.hanko.__main__")
    assert raised.value.code == 0
    assert json.loads(capsys.readouterr().out) == []


def test_it_needs_no_django(admin_url):
    program = (
        "import sys; sys.modules['django'] = None; from passkeys_django.hanko.command_line import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "tenants", "list"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["ID", "NAME"]


def test_importing_it_runs_nothing():
    assert run_as_main("passkeys_django.hanko.__main__", "imported")["main"] is main
