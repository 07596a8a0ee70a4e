"""Index-time transforms: TRANSFORMS-<class> of props.conf, carried out by stanzas of transforms.conf.

Rules (transforms.conf.spec, "KEYS"): classes apply in ASCII order, the stanzas of a class from left to right, each
seeing what the former left. REGEX is searched in SOURCE_KEY (default `_raw`, its first LOOKAHEAD characters); on a
match FORMAT goes to DEST_KEY, or, with WRITE_META, adds indexed fields; `$0` is what DEST_KEY held; `$n` stays text
where there is no group n. MetaData keys carry their prefix (`source::`): a value without it is refused, not stored.
What was not done here (INGEST_EVAL, CLONE_SOURCETYPE, STOP_PROCESSING_IF, routing keys) refuses to load instead of
being skipped in silence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from tests.pcre import SPLUNK, Pattern, compile_pattern
from tests.splunkd.conf.ini import Stanzas

_PREFIXES = {"MetaData:Host": "host::", "MetaData:Source": "source::", "MetaData:Sourcetype": "sourcetype::"}
_KEYS = frozenset((*_PREFIXES, "_MetaData:Index", "_raw", "_meta", "queue", "_time"))
_NOT_DONE = frozenset(("INGEST_EVAL", "CLONE_SOURCETYPE", "STOP_PROCESSING_IF"))
_GROUP = re.compile(r"\$(\d+)")
_META = re.compile(r'([^\s:]+)::(?:"((?:[^"\\]|\\.)*)"|(\S*))')

Keys = dict[str, str]


class TransformRefused(ValueError):
    """A transform that cannot be carried out; the text names stanza and fault."""


class Transform(NamedTuple):
    """One stanza, compiled."""

    name: str
    regex: Pattern
    format: str
    source_key: str
    dest_key: str
    write_meta: bool
    default: str
    lookahead: int
    repeat: bool


class Transforms:
    """All transforms of an instance, by name, compiled when first used."""

    def __init__(self, stanzas: Stanzas) -> None:
        self._stanzas = stanzas
        self._compiled: dict[str, Transform] = {}

    def named(self, props: Mapping[str, str]) -> list[Transform]:
        """What props name, in the order in which it applies."""
        names: list[str] = []
        for setting in sorted(props):
            if setting.startswith("TRANSFORMS-"):
                names += [name.strip() for name in props[setting].split(",") if name.strip()]
        return [self._compiled.get(name) or self._compile(name) for name in names]

    def _compile(self, name: str) -> Transform:
        settings = self._stanzas.get(name)
        if settings is None:
            raise TransformRefused(f"props name the transform '{name}', transforms.conf has no such stanza")
        undone = _NOT_DONE & set(settings)
        if undone:
            raise TransformRefused(f"[{name}] uses {', '.join(sorted(undone))}, which this stand-in does not do")
        if not settings.get("REGEX"):
            raise TransformRefused(f"[{name}] has no REGEX")
        write_meta = settings.get("WRITE_META", "false").lower() in ("true", "1")
        dest_key = settings.get("DEST_KEY", "_meta" if write_meta else "")
        source_key = settings.get("SOURCE_KEY", "_raw")
        if dest_key not in _KEYS or (source_key not in _KEYS and not source_key.startswith(("field:", "fields:"))):
            raise TransformRefused(f"[{name}] has no DEST_KEY or SOURCE_KEY of the list: {dest_key!r}, {source_key!r}")
        limits = SPLUNK.lowered(settings.get("MATCH_LIMIT", ""), settings.get("DEPTH_LIMIT", ""))
        transform = Transform(
            name=name,
            regex=compile_pattern(settings["REGEX"], limits),
            format=settings.get("FORMAT", f"{name}::$1"),
            source_key=source_key,
            dest_key=dest_key,
            write_meta=write_meta,
            default=settings.get("DEFAULT_VALUE", ""),
            lookahead=int(settings.get("LOOKAHEAD", "4096")),
            repeat=settings.get("REPEAT_MATCH", "false").lower() in ("true", "1") and dest_key != "_raw",
        )
        self._compiled[name] = transform
        return transform


def indexed_fields(meta: str) -> dict[str, str]:
    """The fields of a `_meta` value; the last of a name wins."""
    fields = {}
    for name, quoted, plain in _META.findall(meta):
        fields[name] = re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
    return fields


def apply(transform: Transform, keys: Keys) -> None:
    """Carry out one transform on the keys of one event, in place."""
    source = _source(transform.source_key, keys)[: transform.lookahead or None]
    matches = list(transform.regex.finditer(source)) if transform.repeat else []
    if not transform.repeat:
        match = transform.regex.search(source)
        matches = [match] if match else []
    if not matches and transform.default and not transform.write_meta:
        _store(transform, keys, transform.default)
    for match in matches:
        before = keys.get(transform.dest_key, "")
        groups = (before, *(group or "" for group in match.groups()))
        _store(transform, keys, _fill(transform.format, groups))


def _source(key: str, keys: Keys) -> str:
    if not key.startswith(("field:", "fields:")):
        return keys.get(key, "")
    fields = indexed_fields(keys.get("_meta", ""))
    return " ".join(fields.get(name.strip(), "") for name in key.split(":", 1)[1].split(","))


def _fill(template: str, groups: tuple[str, ...]) -> str:
    return _GROUP.sub(
        lambda found: groups[int(found.group(1))] if int(found.group(1)) < len(groups) else found.group(), template
    )


def _store(transform: Transform, keys: Keys, value: str) -> None:
    key = transform.dest_key
    if transform.write_meta and key == "_meta":
        keys["_meta"] = f"{keys.get('_meta', '')} {value}".strip()
        return
    prefix = _PREFIXES.get(key, "")
    if not value.startswith(prefix):
        raise TransformRefused(f"[{transform.name}] sets {key} to a value without its prefix {prefix}")
    keys[key] = value
