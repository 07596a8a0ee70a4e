"""Which settings of which conf matter at search time.

Rules: a setting that changes what a search sees and is carried out is `KNOWN`; one that does not is `IDLE`, by name,
not by absence; everything else is refused where it stands. Settings that only bound what a lookup keeps (caches) are
idle.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.searchtime.refusal import Refused


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# props.conf: prefix of a class, or the name.
PROPS_CLASSES = ("EXTRACT-", "REPORT-", "FIELDALIAS-", "EVAL-", "LOOKUP-")
_PROPS_KNOWN = frozenset(("KV_MODE", "AUTO_KV_JSON", "priority", "MATCH_LIMIT", "DEPTH_LIMIT"))
_PROPS_IDLE_CLASSES = (
    "TRANSFORMS-",
    "RULESET-",
    "RULESET_DESC-",
    "SEDCMD-",
    "SEGMENTATION-",
    "METRIC-SCHEMA-TRANSFORMS-",
)
_PROPS_IDLE = _words(
    """
    ADD_EXTRA_TIME_FIELDS ANNOTATE_PUNCT BREAK_ONLY_BEFORE BREAK_ONLY_BEFORE_DATE CHARSET CHECK_FOR_HEADER CHECK_METHOD
    DATETIME_CONFIG DETERMINE_TIMESTAMP_DATE_WITH_SYSTEM_TIME EVENT_BREAKER EVENT_BREAKER_ENABLE
    HEADER_MODE LB_CHUNK_BREAKER LEARN_MODEL LEARN_SOURCETYPE LINE_BREAKER LINE_BREAKER_LOOKBEHIND
    MAX_DAYS_AGO MAX_DAYS_HENCE MAX_DIFF_SECS_AGO MAX_DIFF_SECS_HENCE MAX_EVENTS MAX_TIMESTAMP_LOOKAHEAD
    MUST_BREAK_AFTER MUST_NOT_BREAK_AFTER MUST_NOT_BREAK_BEFORE NO_BINARY_CHECK PREFIX_SOURCETYPE SEGMENTATION
    SHOULD_LINEMERGE
    TIME_FORMAT TIME_PREFIX TRUNCATE TZ TZ_ALIAS category description detect_trailing_nulls
    force_local_processing initCrcLength invalid_cause maxDist pulldown_type sourcetype termFrequencyWeightedDist
    unarchive_cmd unarchive_cmd_start_mode unarchive_sourcetype
    """
)
REPORT = frozenset(
    (
        *("REGEX", "FORMAT", "SOURCE_KEY", "MV_ADD", "DELIMS", "FIELDS", "CLEAN_KEYS", "KEEP_EMPTY_VALS"),
        *("MATCH_LIMIT", "DEPTH_LIMIT"),
    )
)
REPORT_IDLE = frozenset(("CAN_OPTIMIZE",))
LOOKUP = frozenset(("filename", "max_matches", "min_matches", "default_match", "case_sensitive_match", "match_type"))
LOOKUP_IDLE = frozenset(
    ("batch_index_query", "allow_caching", "cache_size", "check_permission", "replicate", "index_fields_list")
)
_TRANSFORMS_IDLE = _words(
    """
    CLONE_SOURCETYPE DEFAULT_VALUE DEST_KEY INGEST_EVAL LOOKAHEAD REPEAT_MATCH STOP_PROCESSING_IF WRITE_META
    """
)
_TRANSFORMS = REPORT | REPORT_IDLE | LOOKUP | LOOKUP_IDLE | _TRANSFORMS_IDLE
_EVENTTYPES = frozenset(("search", "disabled", "priority", "description", "color"))
_MACROS = frozenset(("definition", "args", "iseval", "description", "validation", "errormsg"))
_FIELDS = frozenset(("INDEXED", "INDEXED_VALUE"))


def check_props(stanza: str, settings: Mapping[str, str]) -> None:
    """Refuse a setting of props.conf that is neither carried out nor idle."""
    for key in settings:
        if key in _PROPS_KNOWN or key in _PROPS_IDLE or key.startswith(PROPS_CLASSES + _PROPS_IDLE_CLASSES):
            continue
        raise Refused("this setting is not carried out", "props.conf", stanza, key)


def check_transform(stanza: str, settings: Mapping[str, str]) -> None:
    """Refuse a setting of transforms.conf that is not known at all."""
    _check("transforms.conf", stanza, settings, _TRANSFORMS)


def check_use(stanza: str, settings: Mapping[str, str], use: str) -> None:
    """Refuse a setting of a transform that has no place in a field extraction, or in a lookup."""
    _check("transforms.conf", stanza, settings, REPORT | REPORT_IDLE if use == "REPORT" else LOOKUP | LOOKUP_IDLE)


def check_eventtype(stanza: str, settings: Mapping[str, str]) -> None:
    """Refuse what an event type does not have."""
    _check("eventtypes.conf", stanza, settings, _EVENTTYPES)


def check_macro(stanza: str, settings: Mapping[str, str]) -> None:
    """Refuse what a macro does not have."""
    _check("macros.conf", stanza, settings, _MACROS)


def check_field(stanza: str, settings: Mapping[str, str]) -> None:
    """Refuse what changes the values of a field: TOKENIZER."""
    _check("fields.conf", stanza, settings, _FIELDS)


def boolean(text: str) -> bool:
    """A boolean of a conf file."""
    if text.lower() in ("true", "1", "t", "yes", "y"):
        return True
    if text.lower() in ("false", "0", "f", "no", "n"):
        return False
    raise Refused(f"{text!r} is no boolean")


def _check(file: str, stanza: str, settings: Mapping[str, str], known: frozenset[str]) -> None:
    for key in settings:
        if key not in known:
            raise Refused("this setting is not carried out", file, stanza, key)
