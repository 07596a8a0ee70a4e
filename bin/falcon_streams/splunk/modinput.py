"""The modular input contract: the scheme, the XML that splunkd sends on stdin, and how a validation answers.

Rules: this module does exactly what the platform reference, section 1, says. splunklib reads and writes the XML; only
this module wraps its modular input classes. The scheme's texts come from the input's JSON Schema. Nothing here needs
requests or jsonschema, because splunkd asks for the scheme at every start.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any, Mapping, Tuple
from xml.etree import ElementTree

from splunklib.modularinput.argument import Argument
from splunklib.modularinput.input_definition import InputDefinition
from splunklib.modularinput.scheme import Scheme
from splunklib.modularinput.validation_definition import ValidationDefinition

from falcon_streams.errors import Fatal
from falcon_streams.splunk.settings import read_schema
from falcon_streams.splunk.splunkd import SCHEME

TITLE = "CrowdStrike Falcon Event Streams"
DESCRIPTION = "Reads the event streams of a CrowdStrike Falcon tenant: every partition, from where it left off."
_NOT_SPLUNKD = "stdin holds no configuration from splunkd: only splunkd can start this script"
_DATA_TYPES = {"integer": Argument.data_type_number, "boolean": Argument.data_type_boolean}


@dataclass(frozen=True)
class Invocation:
    """What splunkd sends on stdin: its address, a session key, which is never shown, and one stanza."""

    name: str
    server_uri: str
    checkpoint_dir: str
    settings: Mapping[str, str]
    session_key: str = field(repr=False, default="")


def scheme_xml() -> bytes:
    """The scheme document."""
    scheme = Scheme(TITLE)
    scheme.description = DESCRIPTION
    scheme.use_external_validation = True
    scheme.use_single_instance = False
    scheme.streaming_mode = Scheme.streaming_mode_xml
    schema = read_schema("input")
    for name, setting in own_settings(schema):
        scheme.add_argument(
            Argument(
                name,
                title=setting["title"],
                description=setting["description"],
                data_type=_DATA_TYPES.get(setting.get("type", ""), Argument.data_type_string),
                required_on_create=name in schema["required"],
                required_on_edit=False,
            )
        )
    xml: bytes = ElementTree.tostring(scheme.to_xml(), encoding="utf-8")
    return xml


def own_settings(schema: Mapping[str, Any]) -> Tuple[Tuple[str, Mapping[str, Any]], ...]:
    """An input's settings without Splunk's own, in the schema's order."""
    return tuple((name, each) for name, each in schema["properties"].items() if not each.get("x-splunk"))


def read_run(data: bytes) -> Invocation:
    """The stanza to run, from the `<input>` on stdin. Raises Fatal if there is none."""
    definition = _parse(InputDefinition, data)
    if len(definition.inputs) != 1:
        raise Fatal("splunkd gave no stanza on stdin, or several: only splunkd can start this script, once per stanza")
    stanza, settings = next(iter(definition.inputs.items()))
    return _invocation(stanza, settings, definition.metadata)


def read_validation(data: bytes) -> Invocation:
    """The stanza to validate, from the `<items>` on stdin. Raises Fatal if there is none."""
    definition = _parse(ValidationDefinition, data)
    return _invocation(definition.metadata.get("name") or "", definition.parameters, definition.metadata)


def validation_error_xml(message: str) -> bytes:
    """The answer of a validation that refuses."""
    root = ElementTree.Element("error")
    ElementTree.SubElement(root, "message").text = message
    xml: bytes = ElementTree.tostring(root, encoding="utf-8")
    return xml


def _parse(kind: Any, data: bytes) -> Any:
    try:
        return kind.parse(io.BytesIO(data))
    except (ElementTree.ParseError, ValueError, KeyError, AttributeError):
        raise Fatal(_NOT_SPLUNKD) from None


def _invocation(stanza: str, settings: Mapping[str, Any], metadata: Mapping[str, Any]) -> Invocation:
    if not stanza or not metadata.get("server_uri"):
        raise Fatal(_NOT_SPLUNKD)
    # Splunk does not document whether the name in a validation has the scheme before it.
    prefix = f"{SCHEME}://"
    return Invocation(
        name=stanza[len(prefix) :] if stanza.startswith(prefix) else stanza,
        server_uri=metadata.get("server_uri") or "",
        checkpoint_dir=metadata.get("checkpoint_dir") or "",
        session_key=metadata.get("session_key") or "",
        settings={key: _value(value) for key, value in settings.items() if key != "__app"},
    )


def _value(value: Any) -> str:
    return ",".join(str(part) for part in value) if isinstance(value, list) else str(value or "")
