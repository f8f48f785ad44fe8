"""The schemas of bodies in the admin API."""

from .bodies import Field, Schema

_USER_VERIFICATION = ("required", "preferred", "discouraged")
_ATTACHMENT = ("platform", "cross-platform")
_ATTESTATION = ("none", "indirect", "direct", "enterprise")
_RESIDENT_KEY = ("discouraged", "preferred", "required")

_CEREMONY = (
    Field(name="timeout", type="int", required=True),
    Field(name="user_verification", one_of=_USER_VERIFICATION),
    Field(name="attachment", one_of=_ATTACHMENT),
    Field(name="attestation_preference", one_of=_ATTESTATION),
    Field(name="resident_key_requirement", one_of=_RESIDENT_KEY),
)
_CORS = (
    Field(name="allowed_origins", type="[]string", required=True, pointer=True),
    Field(name="allow_unsafe_wildcard", type="bool", required=True, pointer=True),
)
_RELYING_PARTY = (
    Field(name="id", required=True),
    Field(name="display_name", required=True),
    Field(name="icon", url=True, pointer=True),
    Field(name="origins", type="[]string", required=True, pointer=True),
)
_WEBAUTHN = (Field(name="relying_party", type="object", fields=_RELYING_PARTY, always=True), *_CEREMONY)
_CONFIGURATION = (
    Field(name="cors", type="object", fields=_CORS, always=True),
    Field(name="webauthn", type="object", fields=_WEBAUTHN, always=True),
    Field(name="mfa", type="object", fields=_CEREMONY),
)

CREATE = Schema(
    name="CreateTenantDto",
    title="unable to create tenant",
    fields=(
        Field(name="display_name", required=True),
        Field(name="create_api_key", type="bool"),
        Field(name="config", type="object", fields=_CONFIGURATION, always=True),
    ),
)
CONFIGURATION = Schema(name="UpdateConfigDto", title="unable to update tenant config", fields=_CONFIGURATION)
RENAME = Schema(
    name="UpdateTenantDto",
    title="unable to update tenant",
    fields=(Field(name="display_name", required=True),),
)
NAME_SECRET = Schema(
    name="CreateSecretDto", title="unable to create key", fields=(Field(name="name", required=True),)
)
