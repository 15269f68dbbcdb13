"""Whatever somebody sends, what is left is an object."""

import pytest
from ansible.module_utils.payments_dr.json_object import json_object


@pytest.mark.parametrize("text", ['{"a": 1}', b'{"a": 1}', b'\xef\xbb\xbf{"a": 1}'])
def test_an_object_is_kept(text):
    assert json_object(text) == {"a": 1}


@pytest.mark.parametrize("text", ["", "START RequestId: 1", "[1]", "null", b"\xff\xfe\xfd", "{'a': 1}"])
def test_anything_else_is_an_empty_one(text):
    assert json_object(text) == {}
