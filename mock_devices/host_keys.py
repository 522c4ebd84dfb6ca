"""Host keys that a box keeps over restarts of the simulator: made from its name, so secret from nobody."""

from __future__ import annotations

import hashlib
import math
import random
from functools import cache

import asyncssh
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

RSA_BITS = 1024
"""The modulus that an old box made unless it was told otherwise; a longer one takes seconds to find."""
EXPONENT = 65537
_SMALL = math.prod(range(3, 1000, 2))
"""Whatever has a factor in common with it is no prime."""


def ed25519_key(seed: str) -> asyncssh.SSHKey:
    """The ed25519 key that belongs to a name."""
    private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
    return asyncssh.import_private_key(private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))


def _is_prime(number: int, dice: random.Random) -> bool:
    if math.gcd(number, _SMALL) > 1:
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(8):
        power = pow(dice.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def _prime(dice: random.Random) -> int:
    half = RSA_BITS // 2
    while True:
        number = dice.getrandbits(half) | 1 | (3 << (half - 2))
        if number % EXPONENT != 1 and _is_prime(number, dice):
            return number


@cache
def rsa_key(seed: str) -> asyncssh.SSHKey:
    """The RSA key that belongs to a name (for boxes that know nothing newer)."""
    dice = random.Random(seed)  # noqa: S311 - a simulator's key, the same after each start
    p, q = _prime(dice), _prime(dice)
    d = pow(EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(EXPONENT, p * q),
    )  # fmt: skip
    return asyncssh.import_private_key(
        numbers.private_key().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    )


def host_key(name: str, entry: str, kind: str) -> asyncssh.SSHKey:
    """A device's key; copies of an entry of the fleet file share its RSA key, which is slow to make."""
    return rsa_key(entry) if kind == "rsa" else ed25519_key(name)
