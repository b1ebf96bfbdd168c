"""Model fields."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


_TOKEN = re.compile(r"gAAAAA[\w-]{94,}={0,2}")
"""What Fernet makes, whatever the key. No secret that anybody enters looks like this."""


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def is_encrypted_with_first_key(stored: str) -> bool:
    return _is_readable(stored, settings.VALIS_FIELD_KEYS[:1])


def reencrypted(stored: str) -> str:
    """The same secret, encrypted with the first key; '' when no key can read it."""
    try:
        return _cipher(tuple(settings.VALIS_FIELD_KEYS)).rotate(stored.encode()).decode()
    except InvalidToken:
        return ""


def _is_readable(stored: str, keys: Iterable[str]) -> bool:
    try:
        _cipher(tuple(keys)).decrypt(stored.encode())
    except InvalidToken:
        return False
    return True


class EncryptedTextField(TextField):
    """Text that is encrypted at rest with `VALIS_FIELD_KEYS`.

    A value that none of the keys can read comes back as an empty string: a lost key means the secret
    has to be entered again, not that pages stop working.
    """

    def get_prep_value(self, value: Any) -> Any:
        if not value or _TOKEN.fullmatch(str(value)):
            return value or ""
        return _cipher(tuple(settings.VALIS_FIELD_KEYS)).encrypt(str(value).encode()).decode()

    def value_to_string(self, obj: models.Model) -> str:
        """For `dumpdata`, which is no way around the encryption; `loaddata` stores it as it is."""
        return str(self.get_prep_value(self.value_from_object(obj)))

    def from_db_value(self, value: str | None, *_: Any) -> str:
        if not value:
            return ""
        try:
            return _cipher(tuple(settings.VALIS_FIELD_KEYS)).decrypt(value.encode()).decode()
        except InvalidToken:
            return ""
