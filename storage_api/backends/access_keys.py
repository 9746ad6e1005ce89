"""The identifiers of access keys that we choose ourselves: 20 of A-Z and 0-9.

An identifier that is known before the key is made lets whoever repeats a broken-off
request find what the first one made.
"""

import hashlib
import secrets
import string
import time

_ALPHABET = string.digits + string.ascii_uppercase
_LENGTH = 20
#: Begins the keys that exist for one piece of work only. Nobody else uses such a key, for it
#: ends at any moment.
TEMPORARY = "SAPITEMP"
#: How long one may exist. A piece of work that takes longer makes another.
TEMPORARY_SECONDS = 15 * 60
_BIRTH_LENGTH = 7


def new_key_id() -> str:
    return _random(_LENGTH)


def successor(user_id: str, access_key: str) -> str:
    """The identifier of the key that takes ``access_key``'s place.

    It is always the same one, so that a rotation that was broken off between making it and
    ending the old key is finished by a repeat, and leaves no key that nobody knows.
    """
    digest = hashlib.sha256(f"rotate\0{user_id}\0{access_key}".encode()).digest()
    return _in_alphabet(int.from_bytes(digest), _LENGTH)


def temporary_key_id() -> str:
    """With the second of its birth, so that it can be told when it was left over."""
    born = _in_alphabet(int(time.time()), _BIRTH_LENGTH)
    return TEMPORARY + born + _random(_LENGTH - len(TEMPORARY) - _BIRTH_LENGTH)


def is_temporary(access_key: str) -> bool:
    return access_key.startswith(TEMPORARY)


def is_left_over(access_key: str) -> bool:
    """Whether it is a temporary key that nobody can be using any more."""
    if not is_temporary(access_key):
        return False
    text = access_key[len(TEMPORARY) :][:_BIRTH_LENGTH]
    try:
        born = int(text, len(_ALPHABET))
    except ValueError:
        return True  # not one of ours, then; nobody may make keys that begin so
    return abs(time.time() - born) > TEMPORARY_SECONDS


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _in_alphabet(number: int, length: int) -> str:
    """The last ``length`` digits of ``number`` to the base of 36."""
    text = ""
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        text = _ALPHABET[digit] + text
    return text
