"""Verifies exported signatures, one JSON object a line, without Django: verify_signature.py < signatures.jsonl"""

import base64
import hashlib
import json
import re
import sys

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def decoded(text):
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return value if base64.urlsafe_b64encode(value).decode().rstrip("=") == text else b""


def verify(key, signature, data):  # raises an exception unless this key has signed the data
    kinds = {rsa.RSAPublicKey: [padding.PKCS1v15(), SHA256()], ec.EllipticCurvePublicKey: [ec.ECDSA(SHA256())]}
    [how] = [how for kind, how in {**kinds, ed25519.Ed25519PublicKey: []}.items() if isinstance(key, kind)]
    key.verify(signature, data, *how)


def claims_of(signed, mark, jwk):  # what the service has confirmed: a JWT (RFC 7519), signed with RS256
    header, claims = (json.loads(decoded(part)) for part in signed.split("."))
    e, n = (int.from_bytes(decoded(jwk[name])) for name in "en")
    verify(rsa.RSAPublicNumbers(e, n).public_key(), decoded(mark), signed.encode())
    return claims if (header["alg"], jwk["kty"], n >> 2047 > 0) == ("RS256", "RSA", True) else {}


def problems(it):
    text, client, device = it["text"], json.loads(decoded(it["client_data"])), decoded(it["authenticator_data"])
    signed = device + hashlib.sha256(decoded(it["client_data"])).digest()
    verify(load_pem_public_key(it["public_key_pem"].encode()), decoded(it["signature"]), signed)
    said = json.loads(text, parse_float=int, parse_constant=int)  # refuses fractions and NaN
    plain = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    escaped = plain.translate({ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})
    yield escaped != text or re.search("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text), "an unclear text"
    yield set(said) != {"action", "at", "by", "data"} or said["action"] != it["action"], "another action"
    digest = hashlib.sha256((it["id"] + text).encode()).digest()
    yield decoded(it["challenge"])[32:] != digest or client["challenge"] != it["challenge"], "another text"
    yield (client["type"], client["origin"]) != ("webauthn.get", it["origin"]), "another page or purpose"
    yield client.get("crossOrigin") or client.get("topOrigin"), "a page inside of another page"
    yield device[:32] != hashlib.sha256(it["rp_id"].encode()).digest(), "another site"
    yield device[32] & 0x45 != 5, "nobody was there, or was not verified"
    claims = claims_of(*it["token"].rsplit(".", 1), it["jwk"]) if it["token"] else {"aud": it["rp_id"]}
    expected = {"sub": said["by"], "cred": it["credential_id"], "trans": it["id"]} if it["token"] else {}
    yield {**claims, **expected} != claims, "the service has confirmed something else"
    yield it["rp_id"] not in [claims["aud"], *claims["aud"]], "the service has confirmed it for another site"
    yield not it["token"] and (it["jwk"] is not None or (it["provider"] and not it["fallback"])), "no token"


for line in sys.stdin:
    try:
        found = [reason for is_so, reason in problems(json.loads(line)) if is_so]
    except Exception as exc:  # noqa: BLE001  # foreign data break in many ways, and unreadable evidence is bad
        found = [f"unreadable, or another key has signed: {exc!r}"]
    print("BAD" if found else "GOOD", "; ".join(found) or json.loads(line)["text"])
print("NOT proven: whose key it is (the site says so), and all members that are not checked here.")
