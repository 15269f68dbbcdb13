"""Clients of AWS's services, made in half of botocore's own time, of which a cold start has two to make.

botocore looks into the folder of every service that it knows (some 400) before it makes one client, and parses what it
then reads into OrderedDicts, by a hook for every object. Neither is needed to know two services by name.
"""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import get_session

# Seconds, and no second attempt: the client and the outbox are the ones that repeat.
PATIENCE = Config(connect_timeout=1, read_timeout=1.5, retries={"total_max_attempts": 1})
OPENERS: Mapping[str, Callable[..., Any]] = {".json": open, ".json.gz": gzip.open}


def answered(call: Callable[..., Any], **arguments: Any) -> Any:
    """What `call` answers, which must be safe to repeat; once more when its connection broke under it.

    One that was kept while nobody paid may be gone, and says so only when it is used: a NAT gateway forgets it after
    350 s, and a frozen environment hears nothing. Only a new one can tell whether the other end is out of reach.
    https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html#nat-gateway-troubleshooting-timeout
    """
    try:
        return call(**arguments)
    except ConnectionClosedError:
        return call(**arguments)


class Clients:
    """Makes clients, with what they share read once."""

    def __init__(self, region: str, services: tuple[str, ...]) -> None:
        """`region` is the usual one; `services` are those that will be asked for, by botocore's names."""
        self._region = region
        self._session = get_session()
        self._session.register_component("data_loader", KnownServices(services))

    def client(self, service: str, region: str = "", patience: Config = PATIENCE) -> Any:
        """A client that gives up soon, and does not repeat."""
        return self._session.create_client(service, region_name=region or self._region, config=patience)

    def later(self, service: str, region: str, patience: Config) -> Callable[[], Any]:
        """The same client at every call, made at the first: what it costs is no part of a cold start."""
        return functools.cache(partial(self.client, service, region, patience))


class KnownServices(Loader):
    """botocore's loader, told which services there are instead of looking."""

    def __init__(self, services: tuple[str, ...]) -> None:
        super().__init__(file_loader=PlainFiles())
        self._services = list(services)

    def list_available_services(self, type_name: str) -> list[str]:
        return self._services


class PlainFiles(JSONFileLoader):
    """Parses by json's quick way: a dict keeps its order without help."""

    def load_file(self, file_path: str) -> Any:
        """What is in the file, whose ending botocore leaves open; None when there is none."""
        for ending, opened in OPENERS.items():
            try:
                with opened(file_path + ending, "rb") as file:
                    return json.loads(file.read())
            except FileNotFoundError:
                continue
        return None
