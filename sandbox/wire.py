"""AWS's wire formats, read and written by botocore's service models, so that no mend spells out XML field by field."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape


@functools.cache
def service(name: str) -> ServiceModel:
    """Return botocore's model of a service."""
    return botocore.session.Session().get_service_model(name)


def operation(service_name: str, name: str) -> OperationModel:
    """Return botocore's model of an operation."""
    return service(service_name).operation_model(name)


def from_query(parameters: Mapping[str, Any], shape: Shape, prefix: str = "") -> Any:
    """Read a value of the query protocol (`Dimensions.member.1.Name=…`) as Python data; None where nothing was sent.

    `parameters` maps each name to its text, or to a list whose first entry is its text, as parse_qs gives it.
    """
    if shape.type_name == "structure":
        fields = {
            name: from_query(parameters, member, _joined(prefix, _wire_name(member, name)))
            for name, member in shape.members.items()
        }
        return {name: value for name, value in fields.items() if value is not None} or None
    if shape.type_name == "list":
        stem = prefix if shape.serialization.get("flattened") else _joined(prefix, _wire_name(shape.member, "member"))
        values = []
        while (value := from_query(parameters, shape.member, f"{stem}.{len(values) + 1}")) is not None:
            values.append(value)
        return values or None
    found = parameters.get(prefix)
    text = found[0] if isinstance(found, list) else found
    return None if text is None else scalar(text, shape)


def from_xml(element, shape: Shape) -> Any:
    """Read an XML element as Python data; members that the shape does not know are left out."""
    if shape.type_name == "structure":
        children = {_local(child.tag): child for child in element}
        names = {name: _wire_name(member, name) for name, member in shape.members.items()}
        return {name: from_xml(children[wire], shape.members[name]) for name, wire in names.items() if wire in children}
    if shape.type_name == "list":
        return [from_xml(child, shape.member) for child in element]
    return scalar(element.text or "", shape)


def to_xml(parent: Element, value: Any, shape: Shape) -> None:
    """Write a value under `parent`; absent and None members are left out, as AWS does."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if value.get(name) is not None:
                _member_to_xml(parent, _wire_name(member, name), value[name], member)
    elif shape.type_name == "list":
        for item in value:
            to_xml(SubElement(parent, _wire_name(shape.member, "member")), item, shape.member)
    else:
        parent.text = text(value, shape)


def scalar(raw: str, shape: Shape) -> Any:
    """Turn the text of a scalar into Python data."""
    if shape.type_name == "boolean":
        return raw.lower() == "true"
    if shape.type_name in ("integer", "long"):
        return int(raw)
    if shape.type_name in ("float", "double"):
        return float(raw)
    return raw


def text(value: Any, shape: Shape) -> str:
    """Turn a scalar into its text; timestamps may be epoch seconds or ISO text."""
    if shape.type_name == "boolean":
        return str(bool(value)).lower()
    if shape.type_name == "timestamp" and isinstance(value, int | float):
        return datetime.datetime.fromtimestamp(value, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return str(value)


def _member_to_xml(parent: Element, name: str, value: Any, shape: Shape) -> None:
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        for item in value:
            to_xml(SubElement(parent, name), item, shape.member)
    else:
        to_xml(SubElement(parent, name), value, shape)


def _wire_name(shape: Shape, default: str) -> str:
    return shape.serialization.get("name", default)


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]
