"""COSE keys that can never verify a signature, or that say what they are in a way of their own."""

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, rsa

from passkeys_django.testing import cose
from passkeys_django.testing.encoding import cbor

ES256 = cose.generate(cose.ES256).public_key
EDDSA = cose.generate(cose.EDDSA).public_key
RS256 = cose.generate(cose.RS256).public_key
X, Y = (cbor2.loads(ES256)[label] for label in (-2, -3))
LABELS = {"kty": 1, "alg": 3, "crv": -1, "n": -1, "x": -2, "e": -2, "y": -3}


def changed_key(key, **members):
    """The COSE key with some of its labels changed; None removes one."""
    values = cbor2.loads(key) | {LABELS[name]: value for name, value in members.items()}
    return cbor({label: value for label, value in values.items() if value is not None})


def rsa_key(bits):
    numbers = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key().public_numbers()
    return changed_key(RS256, n=numbers.n.to_bytes(bits // 8))


def ec_key(curve, *, alg, crv):
    numbers = ec.generate_private_key(curve).public_key().public_numbers()
    size = (curve.key_size + 7) // 8
    return changed_key(ES256, alg=alg, crv=crv, x=numbers.x.to_bytes(size), y=numbers.y.to_bytes(size))


def ones(bits):
    return ((1 << bits) - 1).to_bytes(bits // 8)


ML_DSA = {
    name: cbor({1: 7, 3: algorithm, -1: kind.generate().public_key().public_bytes_raw()})
    for name, algorithm, kind in (
        ("ML-DSA-44", -48, mldsa.MLDSA44PrivateKey),
        ("ML-DSA-65", -49, mldsa.MLDSA65PrivateKey),
        ("ML-DSA-87", -50, mldsa.MLDSA87PrivateKey),
    )
}
NOT_OFFERED = {
    "ES384": ec_key(ec.SECP384R1(), alg=-35, crv=2),
    "ES512": ec_key(ec.SECP521R1(), alg=-36, crv=3),
    "ES256K": ec_key(ec.SECP256K1(), alg=-47, crv=8),
    "ESP256": changed_key(ES256, alg=-9),
    "Ed25519 by its newer number": changed_key(EDDSA, alg=-19),
    "Ed448": changed_key(EDDSA, alg=-53, crv=7, x=bytes(57)),
    "PS256": changed_key(RS256, alg=-37),
    "RS384": changed_key(RS256, alg=-258),
    "RS512": changed_key(RS256, alg=-259),
    "RS1": changed_key(RS256, alg=-65535),
    "a symmetric key": cbor({1: 4, 3: 5, -1: bytes(32)}),
    "an algorithm of private use": changed_key(ES256, alg=-70_000),
    "an algorithm beyond 64 bits": changed_key(ES256, alg=-(2**64) - 7),
    "algorithm 0": changed_key(ES256, alg=0),
    "no algorithm": changed_key(ES256, alg=None),
    **{f"algorithm {alg!r}": changed_key(ES256, alg=alg) for alg in ("-7", b"-7", -7.0, -7.9, True, [-7], {})},
}
UNUSABLE = {
    "a point off the curve": changed_key(ES256, y=bytes(31) + b"\x01"),
    "the point at infinity": changed_key(ES256, x=bytes(32), y=bytes(32)),
    "a point of another curve": ec_key(ec.SECP256K1(), alg=-7, crv=1),
    "a point without x": changed_key(ES256, x=None),
    "a point without y": changed_key(ES256, y=None),
    "a compressed point": changed_key(ES256, y=True),
    "a compressed point of 33 bytes": changed_key(ES256, x=b"\x02" + X, y=None),
    "empty coordinates": changed_key(ES256, x=b"", y=b""),
    "a coordinate beyond the field": changed_key(ES256, x=b"\xff" * 32),
    "a coordinate of 20,000 bytes": changed_key(ES256, x=b"\xff" * 20_000),
    "a coordinate of text": changed_key(ES256, x="x" * 32),
    "a coordinate that is a number": changed_key(ES256, x=1),
    "P-384 that says ES256": ec_key(ec.SECP384R1(), alg=-7, crv=2),
    "P-521 that says ES256": ec_key(ec.SECP521R1(), alg=-7, crv=3),
    "an unknown curve": changed_key(ES256, crv=99),
    "a curve in text": changed_key(ES256, crv="P-256"),
    "a curve that is a fraction": cbor2.dumps(cbor2.loads(ES256) | {-1: 1.0}),
    "a curve that is true": changed_key(ES256, crv=True),
    "no curve": changed_key(ES256, crv=None),
    "an EC key that says RS256": changed_key(ES256, alg=-257),
    "an EC key that says EdDSA": changed_key(ES256, alg=-8),
    "an Ed25519 key that says ES256": changed_key(EDDSA, alg=-7),
    "an RSA key that says ES256": changed_key(RS256, alg=-7),
    "an RSA key that says EdDSA": changed_key(RS256, alg=-8),
    "an unknown key type": changed_key(ES256, kty=99),
    "a key type in text": changed_key(ES256, kty="EC2"),
    "a key type that is a fraction": cbor2.dumps(cbor2.loads(ES256) | {1: 2.0}),
    "a key type that is true": changed_key(EDDSA, kty=True),
    "key type 0": changed_key(ES256, kty=0),
    "no key type": changed_key(ES256, kty=None),
    "Ed25519 of 31 bytes": changed_key(EDDSA, x=bytes(31)),
    "Ed25519 of 33 bytes": changed_key(EDDSA, x=bytes(33)),
    "Ed25519 of text": changed_key(EDDSA, x="x" * 32),
    "Ed25519 on another curve": changed_key(EDDSA, crv=7),
    "RSA of 1,024 bits": rsa_key(1024),
    "RSA of 2,040 bits": changed_key(RS256, n=ones(2040)),
    "RSA of 20,000 bits": changed_key(RS256, n=ones(20_000)),
    "RSA of 200,000 bits": changed_key(RS256, n=ones(200_000)),
    "an empty modulus": changed_key(RS256, n=b""),
    "a modulus of zeros": changed_key(RS256, n=bytes(256)),
    "an even modulus": changed_key(RS256, n=ones(2048)[:-1] + b"\xfe"),
    "a modulus that is a number": changed_key(RS256, n=2**2048 - 1),
    "the exponent 0": changed_key(RS256, e=b"\x00"),
    "the exponent 1": changed_key(RS256, e=b"\x01"),
    "the exponent 2": changed_key(RS256, e=b"\x02"),
    "an even exponent": changed_key(RS256, e=(65536).to_bytes(3)),
    "an exponent of 1,600 bits": changed_key(RS256, e=b"\xff" * 200),
    "an exponent that is a number": changed_key(RS256, e=65537),
    "an empty exponent": changed_key(RS256, e=b""),
    "no exponent": changed_key(RS256, e=None),
    "an empty map": cbor({}),
    "a list": cbor([1, 2]),
    "text": cbor("key"),
    "a number": cbor(4),
    "null": b"\xf6",
    "no CBOR": b"\xff\xff",
    "nothing": b"",
    "a U2F point": b"\x04" + X + Y,
    "labels of text": cbor({"1": 2, "3": -7, "-1": 1, "-2": X, "-3": Y}),
    "labels that are fractions": cbor2.dumps({1.0: 2, 3.0: -7, -1.0: 1, -2.0: X, -3.0: Y}),
    "deep lists": b"\x81" * 20_000 + b"\x00",
    "deep maps": b"\xa1\x01" * 10_000 + b"\x00",
    "deep tags": b"\xc1" * 20_000 + b"\x00",
    "a huge length": b"\xa1\x01\x5b" + b"\x7f" + b"\xff" * 7,
}
assert ES256.startswith(b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20")
NOT_CANONICAL = {
    "a map of indefinite length": b"\xbf" + ES256[1:] + b"\xff",
    "a coordinate of indefinite length": ES256[:8] + b"\x5f" + ES256[8:42] + b"\xff" + ES256[42:],
    "a map with a longer head": b"\xb8\x05" + ES256[1:],
    "a label longer than need be": b"\xa5\x18\x01" + ES256[2:],
    "a number longer than need be": b"\xa5\x01\x18\x02" + ES256[3:],
    "a number of 8 bytes": b"\xa5\x01\x1b" + (2).to_bytes(8) + ES256[3:],
    "a length longer than need be": ES256[:8] + b"\x59\x00" + ES256[9:],
    "a small bignum": ES256[:4] + b"\xc3\x41\x06" + ES256[5:],
    "a tag around it": b"\xd9\xd9\xf7" + ES256,
    "a label twice": b"\xa6" + ES256[1:] + b"\x01\x02",
    "a label twice, as number and as truth": b"\xa6" + ES256[1:] + b"\xf5\x02",
    "one member fewer than its head says": b"\xa6" + ES256[1:],
    "cut": ES256[:-1],
    "a NUL after it": ES256 + b"\x00",
    "an empty map after it": ES256 + b"\xa0",
}
