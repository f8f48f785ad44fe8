"""People who work in the admin."""

from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.urls import reverse

from tests.conftest import make_user, untold

LIST = "/admin/passkeys_django/passkey/"
FIGURES = f"{LIST}figures/"
EVENTS = "/admin/passkeys_django/passkeyevent/"


def staff_client(*permissions):
    """A client in which staff with only these permissions, such as "view_passkey", is signed in."""
    clerk = make_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return untold(clerk).client


def change_url(passkey):
    return reverse("admin:passkeys_django_passkey_change", args=[passkey.pk])


def delete_url(passkey):
    return reverse("admin:passkeys_django_passkey_delete", args=[passkey.pk])


def listed(response):
    assert response.status_code == 200
    return set(response.context["cl"].result_list)


def run_action(client, action, *passkeys, **data):
    return client.post(LIST, {"action": action, "_selected_action": [passkey.pk for passkey in passkeys], **data})


def messages_of(response):
    return [str(message) for message in get_messages(response.wsgi_request)]
