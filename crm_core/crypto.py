"""Encryption of personal data, and keyed digests to search it by.

AES-256-GCM with keys that HKDF-SHA256 derives from DIANYU_SECRET_KEY. A ciphertext names its key,
so values under a previous key (DIANYU_SECRET_KEY_PREVIOUS, several with commas between) stay
readable until `dianyu keys rotate` has written them again. Digests do not name theirs: who looks
something up asks for all of them.
"""

import hashlib
import hmac
import os
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crm_core.settings import BadSettings, settings

_KEY_ID_BYTES = 4
_NONCE_BYTES = 12  # what GCM recommends (NIST SP 800-38D, 8.2)
_DIGEST_HEX = 32  # 128 bits: no collisions among a chain's customers, short enough to index


class Undecryptable(ValueError):
    """The value was encrypted under a key that this installation does not have."""


def encrypt(clear: bytes, context: str) -> bytes:
    """Encrypt under the current key; `context` (table and column) must be given to decrypt."""
    key_id, cipher = _current()
    nonce = os.urandom(_NONCE_BYTES)
    return key_id + nonce + cipher.encrypt(nonce, clear, context.encode())


def decrypt(stored: bytes, context: str) -> bytes:
    """Undo `encrypt`.

    Raises:
        Undecryptable: no key of the ring fits.
        cryptography.exceptions.InvalidTag: the value was tampered with or belongs elsewhere.
    """
    key_id, rest = stored[:_KEY_ID_BYTES], stored[_KEY_ID_BYTES:]
    cipher = _ring().get(key_id)
    if cipher is None:
        raise Undecryptable("encrypted under an unknown key; was DIANYU_SECRET_KEY changed?")
    return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], context.encode())


def digest(kind: str, value: str) -> str:
    """A keyed digest (32 hex characters) by which an encrypted `value` can be found."""
    return _digest(settings().secret_key.get_secret_value(), kind, value)


def digests(kind: str, value: str) -> list[str]:
    """All digests under which `value` may be kept: the present key's first, then previous ones'."""
    return [_digest(secret, kind, value) for secret in _secrets()]


def key_id(stored: bytes) -> bytes:
    """Which key a stored value is under."""
    return stored[:_KEY_ID_BYTES]


def current_key_id() -> bytes:
    """The key that everything is to be under."""
    return _current()[0]


def ring() -> list[bytes]:
    """The keys that can be read, the present one first."""
    return list(_ring())


def same(given: str, expected: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())


def forget() -> None:
    """Drop derived keys, for a process whose settings were read anew."""
    _field_key.cache_clear()
    _index_key.cache_clear()


def _current() -> tuple[bytes, AESGCM]:
    return _field_key(settings().secret_key.get_secret_value())


def _ring() -> dict[bytes, AESGCM]:
    return dict(_field_key(secret) for secret in _secrets())


def _secrets() -> list[str]:
    previous = settings().secret_key_previous.get_secret_value().split(",")
    given = [settings().secret_key.get_secret_value(), *(secret.strip() for secret in previous)]
    return list(dict.fromkeys(filter(None, given)))


def _digest(secret: str, kind: str, value: str) -> str:
    key = _index_key(secret)
    return hmac.new(key, f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()[:_DIGEST_HEX]


@cache
def _field_key(secret: str) -> tuple[bytes, AESGCM]:
    if not secret:
        raise BadSettings("DIANYU_SECRET_KEY is not set; `make run` makes one")
    key = _derive(secret, b"dianyu field encryption")
    return hashlib.sha256(b"key id" + key).digest()[:_KEY_ID_BYTES], AESGCM(key)


@cache
def _index_key(secret: str) -> bytes:
    return _derive(secret, b"dianyu search index")


def _derive(secret: str, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=purpose).derive(secret.encode())
