"""Credentials that Hanko stores: list, read, rename, delete."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ..transport import guards, pages, replies
from ..transport.calls import TenantCalls
from ..transport.fields import Fields
from ..transport.http import Reply


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A credential as Hanko stores it.

    `id` and `public_key` (a COSE key) are base64url without padding. Hanko stores `transports` but never returns
    them (contract trap 11). Hanko sets `last_used_at` at registration already. Times are in UTC.
    """

    id: str
    user_id: str | None
    name: str
    public_key: str
    aaguid: UUID | None
    attestation_type: str
    transports: tuple[str, ...]
    backup_eligible: bool
    backup_state: bool
    is_mfa: bool
    created_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def from_wire(cls, row: Any) -> "Credential":
        """Raises ValueError for anything that is not a credential. Only id and public key must be present."""
        fields = Fields.of("a credential", row)
        return cls(
            id=fields.text("id"),
            user_id=fields.text("user_id", "") or None,
            name=fields.text("name", ""),
            public_key=fields.text("public_key"),
            aaguid=fields.uuid_or_none("aaguid"),
            attestation_type=fields.text("attestation_type", ""),
            transports=fields.texts("transports"),
            backup_eligible=fields.flag("backup_eligible"),
            backup_state=fields.flag("backup_state"),
            is_mfa=fields.flag("is_mfa"),
            created_at=fields.time_or_none("created_at"),
            last_used_at=fields.time_or_none("last_used_at"),
        )


class Credentials(TenantCalls):
    """/credentials. All of them need the API key."""

    def list_credentials(
        self, *, user_id: str | None = None, per_page: int = pages.PER_PAGE
    ) -> Iterator[Credential]:
        """GET /credentials: those of one user or of the whole tenant, oldest first, page by page (trap 15).

        Second factors are included. The listing covers what exists when the first page is read. If a credential is
        deleted during the reading, later credentials move forward and one may be missed: read the whole list
        before you delete.
        """
        params = {"order": "asc", "per_page": str(pages.checked_size(per_page))}
        if user_id is not None:  # an empty user_id would list the whole tenant
            params["user_id"] = guards.text("user_id", user_id)

        def fetch(page: int, _first: Credential | None) -> Reply:
            return self._call("GET", "/credentials", params={**params, "page": str(page)}, with_key=True)

        return pages.rows(fetch, Credential.from_wire, per_page=per_page)

    def get_credential(self, credential_id: str) -> Credential:
        """GET /credentials/{id}. Raises HankoNotFound; HankoTenantNotFound does not tell about the credential."""
        return replies.record(self._call("GET", _path(credential_id), with_key=True), Credential.from_wire)

    def rename_credential(self, credential_id: str, *, name: str) -> None:
        """PATCH /credentials/{id}. `name`: at most 255 code points, not blank (trap 18). Raises HankoNotFound."""
        body = {"name": guards.text("name", name)}  # no other member: one could choose another credential (trap 9)
        self._call("PATCH", _path(credential_id), body=body, with_key=True)

    def delete_credential(self, credential_id: str) -> None:
        """DELETE /credentials/{id}, without a body (trap 9). The user stays. Raises HankoNotFound."""
        self._call("DELETE", _path(credential_id), with_key=True)


def _path(credential_id: str) -> str:
    return f"/credentials/{guards.credential_id(credential_id)}"
