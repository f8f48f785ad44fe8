"""The login form of Wagtail's admin, with passkeys."""

from collections.abc import Iterator

from django.forms import BoundField
from wagtail.admin.forms.auth import LoginForm as WagtailLoginForm

from ...forms import PasskeyFormMixin


class LoginForm(PasskeyFormMixin, WagtailLoginForm):
    """For WAGTAILADMIN_USER_LOGIN_FORM: a site's own form inherits from this class instead of Wagtail's."""

    @property
    def extra_fields(self) -> Iterator[tuple[str, BoundField]]:
        """What Wagtail's template shows with a label below the password: no hidden fields."""
        return ((name, field) for name, field in super().extra_fields if not field.is_hidden)
