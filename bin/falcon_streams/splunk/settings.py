"""Settings: turns the strings of a conf stanza into frozen, checked values.

Rules: one JSON Schema per conf (`schemas/*.schema.json`) is the source of truth; code checks only what a schema cannot
say. A wrong value is refused with one sentence that names the stanza, the setting, its fault, and the remedy; fault and
remedy are in the schema (`x-fault`, `x-remedy`). An empty value means that the setting is absent. A stanza of
inputs.conf also holds Splunk's own settings and inherits those of `[default]`; they are ignored (`passed_over`).
jsonschema is loaded only when something must be checked: `--scheme` needs the schema's texts only."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Dict, FrozenSet, Iterable, Mapping, Optional, Sequence, Tuple

from falcon_streams.core.finish import StopAt
from falcon_streams.core.moment import Moment, read_moment
from falcon_streams.core.resume import StartFrom
from falcon_streams.core.tenant_choice import TenantChoice, read_choice
from falcon_streams.core.text import tidy
from falcon_streams.errors import Fatal
from falcon_streams.splunk.splunkd import SCHEME, ServerInfo

_SCHEMAS = Path(__file__).with_name("schemas")
_TRUE, _FALSE = frozenset({"1", "true", "t", "yes", "y"}), frozenset({"0", "false", "f", "no", "n"})
# What splunkd sends for "not set" (design section 5): never written into the stream of events.
UNSET = {"host": "$decideOnStartup", "index": "default"}

_MOST_ERRORS = 100  # a schema has fewer settings, but one list can hold any number of wrong items
_ALIKE = 0.8  # difflib's ratio: allows one letter swapped, missing, or too many in a name of seven
_WHOLE = re.compile(r"-?[0-9]{1,20}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_LOGIN = re.compile(r"//\S*@")

Values = Dict[str, Any]


@dataclass(frozen=True)
class InputSettings:
    """One `[falcon_event_streams://<name>]` stanza."""

    name: str
    account: str
    app_id: str
    event_types: Tuple[str, ...]
    exclude_event_types: FrozenSet[str]
    start_from: StartFrom
    stop_at: Optional[StopAt]
    tenants: TenantChoice
    partitions: Optional[FrozenSet[str]]
    format: str
    checkpoint_store: str
    replay_seconds: float
    idle_timeout: float
    add_ta_data: bool
    index: Optional[str]
    host: Optional[str]
    source: Optional[str]
    sourcetype: Optional[str]
    unknown: Tuple[str, ...] = ()

    @property
    def stanza(self) -> str:
        """The stanza's full name."""
        return f"{SCHEME}://{self.name}"


@cache
def read_schema(conf: str) -> Dict[str, Any]:
    """The schema of a conf: `input`, `account`, or `settings`. Read once and shared; nobody changes it."""
    schema: Dict[str, Any] = json.loads((_SCHEMAS / f"{conf}.schema.json").read_text(encoding="utf-8"))
    return schema


def check_stanza(schema: Mapping[str, Any], stanza: str, raw: Mapping[str, str]) -> Values:
    """The stanza's values with the schema's types and defaults. Raises Fatal with one sentence."""
    from jsonschema import Draft202012Validator

    properties: Mapping[str, Any] = schema["properties"]
    values = {key: _coerce(properties.get(key, {}), value) for key, value in raw.items() if value.strip() != ""}
    errors = islice(Draft202012Validator(schema).iter_errors(values), _MOST_ERRORS)
    first = min(errors, key=lambda error: _rank(error, properties), default=None)
    if first is not None:
        raise Fatal(_sentence(first, stanza, properties, raw))
    defaults = {key: each["default"] for key, each in properties.items() if "default" in each}
    return {**defaults, **values}


def known(schema: Mapping[str, Any], raw: Mapping[str, str]) -> Dict[str, str]:
    """Those settings of a stanza that the schema has. Somebody may have written a secret beside them by hand."""
    return {setting: value for setting, value in raw.items() if setting in schema["properties"]}


def written(schema: Mapping[str, Any], raw: Mapping[str, str]) -> Dict[str, str]:
    """Values as a conf holds them: one line, lists with bare commas. Raises Fatal for what a conf would misread."""
    properties: Mapping[str, Any] = schema["properties"]
    texts = {}
    for name, text in raw.items():
        if name not in properties:
            raise Fatal(f"{tidy(name)} {schema['x-fault']}. {schema['x-remedy']}")
        value = _coerce(properties[name], text)
        texts[name] = ",".join(value) if isinstance(value, list) else _CONTROL.sub(" ", text).strip()
        if texts[name].endswith("\\"):
            raise Fatal(f"{name} ends with a backslash, which would join the next line of the conf to it. Remove it")
    return texts


def stanza_schema(conf: str, name: str) -> Dict[str, Any]:
    """One of the `$defs` of a conf's schema, as a schema: `logging`, `proxy`, `checkpoint`."""
    schema = read_schema(conf)
    return {**schema["$defs"][name], "$defs": schema["$defs"]}


def is_true(text: str) -> bool:
    """Whether a conf's text means yes."""
    return text.strip().lower() in _TRUE


def is_false(text: str) -> bool:
    """Whether a conf's text means no; an empty one means neither."""
    return text.strip().lower() in _FALSE


def check_name(stanza: str, name: str) -> None:
    """Raises Fatal for a name that cannot be part of a file name, a realm, or a log line."""
    if not name or len(name) > 64 or not name.isascii() or not name[0].isalnum():
        _refuse_name(stanza)
    if any(not (character.isalnum() or character in "_-") for character in name):
        _refuse_name(stanza)


def read_input(name: str, raw: Mapping[str, str]) -> InputSettings:
    """The settings of an input, from what splunkd sends. Raises Fatal with one sentence."""
    stanza = f"{SCHEME}://{tidy(name)}"
    check_name(stanza, name)
    schema = read_schema("input")
    aside = passed_over(schema, raw)
    values = check_stanza(schema, stanza, {key: value for key, value in raw.items() if key not in aside})
    return InputSettings(
        name=name,
        account=values["account"],
        app_id=values["app_id"].lower(),
        event_types=tuple(values.get("event_types", ())),
        exclude_event_types=frozenset(values.get("exclude_event_types", ())),
        start_from=_start_from(stanza, str(values["start_from"])),
        stop_at=_stop_at(stanza, str(values["stop_at"])),
        tenants=_tenants(stanza, values["tenants"], str(values["shard"])),
        partitions=_partitions(values.get("partitions")),
        format=values["format"],
        checkpoint_store=values["checkpoint_store"],
        replay_seconds=float(values["replay_seconds"]),
        idle_timeout=float(values["idle_timeout"]),
        add_ta_data=values["add_ta_data"],
        index=_unless(values.get("index"), UNSET["index"]),
        host=_unless(values.get("host"), UNSET["host"]),
        source=values.get("source"),
        sourcetype=values.get("sourcetype"),
        unknown=tuple(sorted(key for key, of_splunk in aside.items() if not of_splunk)),
    )


def passed_over(schema: Mapping[str, Any], raw: Mapping[str, str]) -> Dict[str, bool]:
    """The settings of an input that are not ours and can be ignored, and whether each is known to be Splunk's.

    splunkd sends what is in the stanza or in `[default]` of inputs.conf (`_TCP_ROUTING`, `queue`, ...), and a later
    Splunk may add to that. A name that resembles one of our settings, or belongs to an account, is not ignored, so that
    it is refused."""
    splunks = frozenset(schema["x-splunk-names"])
    elsewhere = frozenset(read_schema("account")["properties"]) | frozenset(schema["x-secret-names"])
    unknown = [key for key in raw if key not in schema["properties"]]
    found = {key: key.startswith("_") or key in splunks for key in unknown}
    return {
        key: of_splunk
        for key, of_splunk in found.items()
        if of_splunk or not (key.lower() in elsewhere or nearest(key, schema["properties"]))
    }


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that this one resembles most, empty if it resembles none."""
    bare = {_bare(each): each for each in known}
    found = difflib.get_close_matches(_bare(name), bare, n=1, cutoff=_ALIKE)
    return bare[found[0]] if found else ""


def _bare(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def refuse_store(settings: InputSettings, info: ServerInfo) -> None:
    """Raises Fatal for a checkpoint store that does not work on this instance."""
    setting = f"[{settings.stanza}] checkpoint_store = {settings.checkpoint_store}"
    if settings.checkpoint_store == "file" and info.follows_machine:
        raise Fatal(
            f"{setting} does not work on {info.kind}, where an input can move and leaves its files behind. Choose "
            "kvstore, or run this input on a heavy forwarder"
        )


def _coerce(schema: Mapping[str, Any], value: str) -> Any:
    kind, text = schema.get("type"), value.strip()
    if kind == "integer" and _WHOLE.fullmatch(text):
        return int(text)
    if kind == "boolean" and text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    if kind == "array":
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _rank(error: Any, properties: Mapping[str, Any]) -> Tuple[int, int]:
    order = list(properties)
    setting = _setting(error)
    return (order.index(setting) if setting in order else len(order), len(error.absolute_path))


def _setting(error: Any) -> str:
    if error.absolute_path:
        return str(error.absolute_path[0])
    if error.validator == "required":
        return next((str(name) for name in error.validator_value if name not in error.instance), "")
    if error.validator in ("additionalProperties", "unevaluatedProperties"):
        known = error.schema.get("properties", {})
        return next((str(name) for name in error.instance if name not in known), "")
    named = error.schema.get("x-setting") if isinstance(error.schema, dict) else None
    return str(named) if named else ""


def _sentence(error: Any, stanza: str, properties: Mapping[str, Any], raw: Mapping[str, str]) -> str:
    setting = _setting(error)
    schema = error.schema if isinstance(error.schema, dict) else {}
    of_property = properties.get(setting, {})
    if error.validator == "required" and "then" not in error.absolute_schema_path:
        schema = {"x-fault": "is required"}
    sources = (schema, of_property)
    fault = next((source["x-fault"] for source in sources if "x-fault" in source), "has a wrong value")
    remedy = next((source["x-remedy"] for source in sources if "x-remedy" in source), "")
    alike = nearest(setting, properties) if setting not in properties else ""
    if alike:
        remedy = f"The nearest is {alike}. {remedy}"
    # The value of a setting that is not ours is not repeated: it could be a secret in the wrong place.
    value = raw.get(setting) if setting in properties and error.validator != "required" else None
    return _join(stanza, setting, value, str(fault), remedy)


def _join(stanza: str, setting: str, value: Optional[str], fault: str, remedy: str) -> str:
    shown = f"{tidy(setting)} = {without_login(tidy(value))}" if value is not None else tidy(setting)
    return f"[{stanza}] {shown} {fault}. {remedy}".strip()


def without_login(text: str) -> str:
    """A value without what stands in front of a URL's host, which may be a password, with any character in it."""
    return _LOGIN.sub("//...@", text)


def _refuse_name(stanza: str) -> None:
    raise Fatal(
        f"[{stanza}] the name is not 1 to 64 letters, digits, _ and -, beginning with a letter or digit. Create it "
        "anew under such a name"
    )


def _start_from(stanza: str, text: str) -> StartFrom:
    if text in ("oldest", "newest"):
        return StartFrom(newest=text == "newest")
    if _is_moment(text):
        return StartFrom(moment=_moment(stanza, "start_from", text))
    offset, offsets = _offsets(text)
    return StartFrom(offset=offset, offsets=offsets)


def _stop_at(stanza: str, text: str) -> Optional[StopAt]:
    if text == "none":
        return None
    if text == "now":
        return StopAt(text, Moment())
    if _is_moment(text):
        return StopAt(text, _moment(stanza, "stop_at", text))
    offset, offsets = _offsets(text)
    return StopAt(text, offset=offset, offsets=offsets)


def _is_moment(text: str) -> bool:
    return "=" not in text and ("T" in text or text.startswith("-"))


def _moment(stanza: str, setting: str, text: str) -> Moment:
    """The moment of a text that has the form of one. Raises Fatal if there is no such time."""
    moment = read_moment(text)
    if moment is None:
        raise Fatal(_join(stanza, setting, text, "is not a time from 2000 to 2100", "Correct its day, hour, or zone."))
    return moment


def _offsets(text: str) -> Tuple[Optional[int], Tuple[Tuple[str, int], ...]]:
    """One offset for all partitions, or an offset for each."""
    if text.isdigit():
        return int(text), ()
    pairs = (pair.partition("=") for pair in text.split(","))
    return None, tuple((partition.strip(), int(offset)) for partition, _, offset in pairs)


def _tenants(stanza: str, tenants: Sequence[str], shard: str) -> TenantChoice:
    choice = read_choice(tenants, shard)
    if choice.shard.number > choice.shard.of:
        schema = read_schema("input")["properties"]["shard"]
        raise Fatal(f"[{stanza}] shard = {shard} {schema['x-fault']}. {schema['x-remedy']}")
    return choice


def _partitions(value: Any) -> Optional[FrozenSet[str]]:
    names = frozenset(value if isinstance(value, (list, tuple)) else str(value or "all").replace(" ", "").split(","))
    return None if names in (frozenset({"all"}), frozenset()) else names


def _unless(value: Optional[str], unset: str) -> Optional[str]:
    return None if value == unset else value
