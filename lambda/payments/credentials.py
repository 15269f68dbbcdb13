"""The database login, from this region's copy of the secret. Kept for as long as the database takes it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .clients import answered
from .problems import Unavailable


@dataclass(frozen=True)
class Login:
    user: str
    password: str = field(repr=False)


class Credentials:
    """Fetches the secret once; again when told that its login was refused, which is how a rotation is noticed."""

    def __init__(self, client: Any, secret: str) -> None:
        """`client` is a Secrets Manager client; `secret` the ARN of this region's replica."""
        self._client, self._secret = client, secret
        self._login: Login | None = None

    def login(self, *, refused: Login | None = None) -> Login:
        """The login, fetched anew unless a kept one is other than `refused`. Raises Unavailable."""
        if self._login is None or self._login == refused:
            self._login = None
            self._login = self._fetch()
        return self._login

    def _fetch(self) -> Login:
        try:
            secret = json.loads(answered(self._client.get_secret_value, SecretId=self._secret)["SecretString"])
            return Login(user=str(secret["username"]), password=str(secret["password"]))
        except (BotoCoreError, ClientError) as error:
            raise Unavailable("secret-unavailable", "The database login cannot be fetched.") from error
        except (ValueError, TypeError, KeyError):  # from None: the error may quote the secret
            detail = "The secret is not a JSON object with username and password."
            raise Unavailable("secret-malformed", detail) from None
