"""Users of a tenant. Only the admin API shows them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ..public_api.credentials import Credential
from ..public_api.transactions import Transaction
from ..transport import guards, pages, replies
from ..transport.calls import AdminCalls
from ..transport.fields import Fields
from ..transport.http import Reply
from .tenants import path


@dataclass(frozen=True, kw_only=True)
class User:
    """A user for whom a registration was started, even if nobody finished it (contract trap 12).

    `id` is Hanko's id of the user, `user_id` the site's.
    """

    id: UUID
    user_id: str
    name: str
    display_name: str
    icon: str | None

    @classmethod
    def from_wire(cls, row: Any) -> "User":
        """Raises ValueError for anything that is not a user."""
        return cls(**_members(Fields.of("a user", row)))


@dataclass(frozen=True, kw_only=True)
class UserDetails(User):
    """A user with credentials and transactions."""

    credentials: tuple[Credential, ...]
    transactions: tuple[Transaction, ...]

    @classmethod
    def from_wire(cls, row: Any) -> "UserDetails":
        """Raises ValueError for anything that is not a user with credentials and transactions."""
        fields = Fields.of("a user", row)
        return cls(
            **_members(fields),
            credentials=tuple(Credential.from_wire(item) for item in fields.list("credentials")),
            transactions=tuple(Transaction.from_wire(item) for item in fields.list("transactions")),
        )


class Users(AdminCalls):
    """/tenants/{tenant}/users. The server cannot look a user up by the site's `user_id`: search the listing.

    `get_user` and `delete_user` find a user of any tenant, even if the path names another tenant.
    """

    def list_users(self, *, tenant_id: UUID | str, per_page: int = pages.PER_PAGE) -> Iterator[User]:
        """GET /tenants/{tenant}/users: oldest first, page by page (trap 15). Raises HankoTenantNotFound.

        The listing covers what exists when the first page is read. If a user is deleted during the reading, later
        users move forward and one may be missed: read the whole list before you delete.
        """
        params = {"sort_direction": "asc", "per_page": str(pages.checked_size(per_page))}
        address = f"{path(tenant_id)}/users"

        def fetch(page: int, _first: User | None) -> Reply:
            return self._call("GET", address, params={**params, "page": str(page)})

        return pages.rows(fetch, User.from_wire, per_page=per_page)

    def get_user(self, *, tenant_id: UUID | str, internal_user_id: UUID | str) -> UserDetails:
        """GET /tenants/{tenant}/users/{internal user id}. Raises HankoNotFound, HankoTenantNotFound."""
        return replies.record(self._call("GET", _path(tenant_id, internal_user_id)), UserDetails.from_wire)

    def delete_user(self, *, tenant_id: UUID | str, internal_user_id: UUID | str) -> None:
        """DELETE /tenants/{tenant}/users/{internal user id}: also deletes credentials and transactions.

        Raises HankoNotFound, HankoTenantNotFound.
        """
        self._call("DELETE", _path(tenant_id, internal_user_id))


def _path(tenant_id: UUID | str, internal_user_id: UUID | str) -> str:
    return f"{path(tenant_id)}/users/{guards.uuid('internal_user_id', internal_user_id)}"


def _members(fields: Fields) -> dict[str, Any]:
    return {
        "id": fields.uuid("id"),
        "user_id": fields.text("user_id"),
        "name": fields.text("name", ""),
        "display_name": fields.text("display_name", ""),
        "icon": fields.text("icon", "") or None,
    }
