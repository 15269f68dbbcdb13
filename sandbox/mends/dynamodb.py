"""DynamoDB: transactions take a moment, and what meets one on the same item in that moment conflicts with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from ministack.core.responses import get_account_id, get_region, json_response
from ministack.services import dynamodb

#: Seconds for which a transaction has its items, from its preparation to its end: two phases of a few milliseconds.
#: https://www.usenix.org/conference/atc23/presentation/idziorek
HELD_SECONDS = 0.005
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
ONGOING = "Transaction is ongoing for the item"
Item = tuple[str, str, str, str]  # account, region, table, key as JSON

_handle_request = dynamodb.handle_request
_held: set[Item] = set()


def apply() -> None:
    """Wrap what every request passes."""
    dynamodb.handle_request = handle_request


async def handle_request(method: str, path: str, headers: dict, body: bytes, query_params: dict) -> tuple:
    """Answer TransactWriteItems after a moment, and refuse what is in the way of one; hand on every other action.

    A condition check is part of a transaction like a write: two that check one item at once conflict.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
    """
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    if action == "TransactWriteItems" or (action in WRITES and _held):
        # What cannot be read is the emulator's to refuse.
        data = _read(body)
        if action == "TransactWriteItems":
            return await _transact(list(_actions(data)), method, path, headers, body, query_params)
        if _item(data) in _held:
            return _error({"__type": "TransactionConflictException", "message": ONGOING})
    return await _handle_request(method, path, headers, body, query_params)


async def _transact(actions: list[dict[str, Any]], *request: Any) -> tuple:
    items = [_item(action) for action in actions]
    if _held.intersection(filter(None, items)):
        return _cancelled(items)
    mine = {item for item in items if item}
    _held.update(mine)
    try:
        await asyncio.sleep(HELD_SECONDS)
        return await _handle_request(*request)
    finally:
        _held.difference_update(mine)


def _cancelled(items: list[Item | None]) -> tuple:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html"""
    reasons = [
        {"Code": "TransactionConflict", "Message": ONGOING} if one in _held else {"Code": "None"} for one in items
    ]
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return _error({"__type": "TransactionCanceledException", "Message": message, "CancellationReasons": reasons})


def _error(body: dict[str, Any]) -> tuple:
    status, headers, content = json_response(body, 400)
    return status, {**headers, "x-amzn-errortype": body["__type"]}, content


def _actions(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the transaction does to each of its items, in its order."""
    listed = data.get("TransactItems")
    for entry in listed if isinstance(listed, list) else []:
        operation = next(iter(entry.values()), None) if isinstance(entry, dict) else None
        yield operation if isinstance(operation, dict) else {}


def _item(action: dict[str, Any]) -> Item | None:
    """The item that an action is about; None where the table or its key is not there, which the emulator tells."""
    name = dynamodb._normalize_table_name(action.get("TableName", ""))
    table, given = dynamodb._tables.get(name), action.get("Key") or action.get("Item")
    if not table or not isinstance(given, dict):
        return None
    key = [given.get(attribute) for attribute in (table["pk_name"], table["sk_name"]) if attribute]
    return get_account_id(), get_region(), name, json.dumps(key, sort_keys=True)


def _read(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
