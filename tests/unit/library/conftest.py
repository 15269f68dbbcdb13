"""Keeps botocore's service models in memory: every run of a module makes a session, and would read them again."""

import functools
from unittest import mock

import botocore.session
import pytest


@pytest.fixture(autouse=True, scope="session")
def one_loader():
    with mock.patch.object(botocore.session, "create_loader", functools.lru_cache(botocore.session.create_loader)):
        yield
