"""Keeps botocore's service models in memory, since every run of a module would read them again."""

import functools
from unittest import mock

import botocore.session
import pytest

from tests.unit.library.recovering import world  # noqa: F401 - the tests of a recovery ask for it


@pytest.fixture(autouse=True, scope="session")
def one_loader():
    with mock.patch.object(botocore.session, "create_loader", functools.lru_cache(botocore.session.create_loader)):
        yield
