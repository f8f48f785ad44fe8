"""Examines whether this site is set up correctly: settings, database, cache and the real provider.

Each concern has one small function, which yields findings and raises nothing; `examine()` calls all of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.conf import settings
from django.core.cache import InvalidCacheBackendError, caches
from django.core.checks import ERROR, CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections
from django.db.models import Count

from ..cache import is_shared
from ..conf import passkey_settings
from ..environment import BASE_URL, TENANT_ID
from ..exceptions import PasskeyError, ProviderUnavailable
from ..models import Passkey, RemovedPasskey
from ..providers import get_provider, providers_with_copies
from ..providers.base import BaseProvider
from ..providers.failover import is_down
from ..providers.findings import Finding, Level
from ..relying_party import get_relying_party
from . import policy
from . import settings as checks
from .limits import check_proxies
from .logins import check_logins

UNREACHABLE = f"Is the service up, and may this machine reach it? Check base_url ({BASE_URL}), firewall and DNS."
REJECTED = f"Check tenant_id and base_url ({TENANT_ID}, {BASE_URL}): is a Passkey API there, with this tenant?"


def examine(*, admin_url: str | None = None) -> Iterator[Finding]:
    """All findings, in the order in which they are best fixed. `admin_url`: a self-hosted provider's admin API."""
    yield from examine_settings()
    yield from examine_providers(admin_url)
    yield from examine_cache()
    yield from examine_cookies()
    yield from examine_proxies()
    yield from examine_logins()
    yield from examine_database()


def examine_settings() -> Iterator[Finding]:
    """What `manage.py check` says about our settings."""
    messages = [message for check in checks.ALL for message in check()]
    yield from (_from_check(message) for message in messages)
    if not messages:
        yield _ok("settings", "manage.py check finds nothing.")


def _from_check(message: CheckMessage) -> Finding:
    level = Level.ERROR if message.level >= ERROR else Level.WARNING
    return Finding(level=level, name="settings", message=f"{message.id}: {message.msg}", remedy=message.hint or "")


def examine_providers(admin_url: str | None = None) -> Iterator[Finding]:
    """What each provider in the settings finds when it is asked."""
    try:
        providers = {alias: get_provider(alias) for alias in passkey_settings.providers}
    except ImproperlyConfigured:
        return  # the checks report this
    for alias, provider in providers.items():
        for finding in _robustly_examined(provider, admin_url):
            yield replace(finding, name=f"{alias}: {finding.name}")


def _robustly_examined(provider: BaseProvider, admin_url: str | None) -> list[Finding]:
    """A provider that the site wrote may raise anything. The doctor reports that, without a traceback."""
    try:
        return list(dict.fromkeys(_examine_provider(provider, admin_url)))  # two sources may report the same
    except Exception as exc:  # noqa: BLE001
        return [_error("provider", f"It raises {type(exc).__name__}.", "Do its OPTIONS have the right types?")]


def _examine_provider(provider: BaseProvider, admin_url: str | None) -> Iterator[Finding]:
    if not provider.keeps_copies:
        yield _ok("provider", "Ceremonies run in this process; no network is needed.")
        return
    if any(message.level >= ERROR for message in provider.check()):
        return  # reported with the settings; a key must not be sent to a wrong address
    if is_down(provider):
        remedy = "Nothing to do: every few seconds, a request tries the provider again."
        yield _warning("failover", "It was found down: logins and registrations run on this site.", remedy)
    try:
        provider.start_login(relying_party=get_relying_party(None))
    except ImproperlyConfigured as exc:
        yield _wrong_rp_id(exc)
    except PasskeyError as exc:
        yield _error("service", f"No login can start: {exc}", _remedy(exc))
        return
    else:
        yield _ok("RP ID", f"{passkey_settings.rp_id} here and there.")
    yield from provider.examine()
    if admin_url:
        yield from _examine_origins(provider, admin_url)
        yield from provider.examine_configuration(admin_url=admin_url)


def _wrong_rp_id(error: ImproperlyConfigured) -> Finding:
    if settings.DEBUG and _rp_id() is None:
        message = (
            "PASSKEY_RP_ID is not set: the RP ID is each request's host and cannot be compared with the tenant's."
        )
        return _warning("RP ID", message, "Set PASSKEY_RP_ID, at the latest in production.")
    remedy = "Passkeys are bound to their RP ID: here or there, change the RP ID without passkeys."
    return _error("RP ID", str(error), remedy)


def _remedy(error: PasskeyError) -> str:
    return UNREACHABLE if isinstance(error, ProviderUnavailable) else REJECTED


def _examine_origins(provider: BaseProvider, admin_url: str) -> Iterator[Finding]:
    """Findings about origins: the provider compares them exactly, but ignores upper and lower case."""
    try:
        theirs = provider.configured_origins(admin_url=admin_url)
        ours = get_relying_party(None).origins
    except PasskeyError as exc:
        yield _error("origins", f"The admin API cannot be read: {exc}", "Is --admin-url its address?")
        return
    except ImproperlyConfigured:
        return  # no RP ID: reported already
    slashed = [origin for origin in theirs if origin.endswith("/")]
    if slashed:
        message = f"The tenant's {', '.join(slashed)} never matches: browsers send no slash at the end."
        yield _error("origins", message, "Remove the slash in the tenant's configuration.")
    accepted = {origin.lower() for origin in theirs}
    missing = {origin for origin in ours if origin.lower() not in accepted}
    if missing:
        message = f"The tenant does not accept {', '.join(sorted(missing))}."
        yield _error("origins", message, "Add these origins to the tenant's configuration.")
    elif not slashed:
        yield _ok("origins", "The tenant accepts all of ours.")


def examine_cache() -> Iterator[Finding]:
    """Is the cache shared? A provider's signing keys are kept there."""
    if not _has_remote_provider():
        return
    try:
        cache = caches["default"]
    except InvalidCacheBackendError as exc:
        yield _error("cache", str(exc), 'Correct CACHES["default"].')
        return
    kind = type(cache).__name__
    if not is_shared(cache):
        message = f"{kind} is not shared between processes: each process fetches the provider's keys itself."
        yield _warning("cache", message, 'Set CACHES["default"] to Redis, Memcached, the database or files.')
    else:
        yield _ok("cache", f"{kind} is shared between processes.")


def _has_remote_provider() -> bool:
    try:
        return bool(providers_with_copies())
    except ImproperlyConfigured:
        return False


def examine_cookies() -> Iterator[Finding]:
    """Passkeys need https, and so do the cookies of the session and of the CSRF check."""
    if settings.DEBUG:
        return
    insecure = [] if settings.SESSION_COOKIE_SECURE else ["SESSION_COOKIE_SECURE"]
    if not (settings.CSRF_COOKIE_SECURE or settings.CSRF_USE_SESSIONS):
        insecure.append("CSRF_COOKIE_SECURE")
    if insecure:
        message = "Cookies are sent without encryption if somebody can make a browser use http."
        yield _warning("cookies", message, f"Set {' and '.join(f'{name} = True' for name in insecure)}.")
    else:
        yield _ok("cookies", "Sent by https only.")
    if settings.SECURE_PROXY_SSL_HEADER is None:
        message = "SECURE_PROXY_SSL_HEADER is not set. This is right unless a proxy handles https for Django."
        yield _ok("https", message, 'Behind one: SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https").')


def examine_proxies() -> Iterator[Finding]:
    """Are client addresses right behind proxies? `manage.py check` reports the same, but with --deploy only."""
    yield from (replace(_from_check(message), name="proxies") for message in check_proxies())


def examine_logins() -> Iterator[Finding]:
    """Do the site's own calls of `login()` name a backend? `manage.py check --deploy` reports the same."""
    yield from (replace(_from_check(message), name="logins") for message in check_logins())


def examine_database() -> Iterator[Finding]:
    """Findings about the stored passkeys, and about removals that are still pending."""
    try:
        yield from [*_examine_passkeys(), *_examine_removals(), *_examine_policy()]
    except DatabaseError as exc:
        yield _error("database", f"Our tables cannot be read: {type(exc).__name__}.", "Run manage.py migrate.")


def _examine_passkeys() -> Iterator[Finding]:
    passkeys = Passkey.objects.on_primary()
    people = passkeys.aggregate(number=Count("user", distinct=True))["number"]
    counts = dict(passkeys.order_by("provider").values_list("provider").annotate(Count("pk")))
    held = ", ".join(f"{count} {identity or 'only here'}" for identity, count in counts.items())
    yield _ok("passkeys", f"{sum(counts.values())} of {people} users{f' ({held})' if held else ''}.")
    for identity in sorted(set(counts) - _identities()):
        message = f"{counts[identity]} passkeys belong to {identity}, which PASSKEY_PROVIDERS does not name."
        remedy = "Right if you have left this provider (then run passkeys_migrate); else add it again."
        yield _warning("passkeys", f"{message} This site verifies them.", remedy)
    stranded = Passkey.objects.on_primary().exclude(rp_id=passkey_settings.rp_id).count() if _rp_id() else 0
    if stranded:
        message = f"{stranded} passkeys were made for another RP ID than {_rp_id()}: no browser offers them here."
        yield _warning("passkeys", message, "Set PASSKEY_RP_ID back, or ask their owners to register new ones.")


def _examine_removals() -> Iterable[Finding]:
    pending = RemovedPasskey.objects.on_primary().count()
    if not pending:
        return [_ok("removals", "None is pending.")]
    message = f"{pending} passkeys that were removed here must still be removed at their provider."
    return [_warning("removals", message, "Run manage.py passkeys_sync.")]


def _examine_policy() -> Iterator[Finding]:
    """What `manage.py check --database default` says of the policy."""
    messages = [message for check in policy.WITH_DATABASE for message in check(databases=list(connections))]
    yield from (replace(_from_check(message), name="policy") for message in messages)


def _identities() -> set[str]:
    try:
        return {"", *(provider.identity for provider in providers_with_copies())}
    except ImproperlyConfigured:
        return {""}


def _rp_id() -> str | None:
    try:
        return passkey_settings.rp_id
    except ImproperlyConfigured:
        return None


def _ok(name: str, message: str, remedy: str = "") -> Finding:
    return Finding(level=Level.OK, name=name, message=message, remedy=remedy)


def _warning(name: str, message: str, remedy: str) -> Finding:
    return Finding(level=Level.WARNING, name=name, message=message, remedy=remedy)


def _error(name: str, message: str, remedy: str) -> Finding:
    return Finding(level=Level.ERROR, name=name, message=message, remedy=remedy)
