"""The words that a redacted event keeps: those that are Falcon's, and say nothing of whom the event is about.

Theory. Nobody can tell a name of Falcon's from a name of a customer's by its letters alone. So what stays is listed:
values are compared as a whole, or each of a list, and a key stays if it is written like a field's name and has a word
that fields are named by. So `IncidentScore` stays although nobody has seen it; `FIN-WS-0142` and `mkeller` do not.

Rules: pure. A word is added here only if it says nothing of a customer. What is not listed is redacted.
"""

from __future__ import annotations

import re

# Values, in either case: nothing, yes and no; severities and results; ATT&CK's and Falcon's tactics; kinds; platforms.
_VALUES = frozenset(
    """-|n/a|na|null|none|nil|unknown|undefined|true|false|yes|no|on|off|enabled|disabled|active|inactive|informational|
information|info|low|medium|high|critical|warning|error|success|succeeded|failure|failed|new|open|reopened|closed|
in_progress|true_positive|false_positive|ignored|allowed|blocked|prevented|detected|quarantined|allow|block|detect|
prevent|inbound|outbound|in|out|both|tcp|udp|icmp|reconnaissance|resource development|initial access|execution|
persistence|privilege escalation|defense evasion|credential access|discovery|lateral movement|collection|
command and control|exfiltration|impact|malware|exploit|machine learning|falcon overwatch|falcon intel|
custom intelligence|ai powered ioa|post-exploit|falcon detection method|gain access|keep access|follow through|
contact controlled systems|explore|ldt|ods|cspm|ioa|iom|xdr|idp|epp|mobile|user|host|process|network|
file|registry|windows|linux|mac|macos|android|ios|chromeos|k8s|aws|azure|gcp|falcon insight|falcon prevent|
falcon identity protection|falcon data protection|crowdstrike|falcon""".replace("\n", "").split("|")
)
# What Falcon begins an id with, or puts between its parts.
_ID_WORDS = frozenset(("ldt", "ods", "ind", "aggind"))
_MITRE = re.compile(r"(?:CS)?(?:TA\d{4}|T\d{4}(?:\.\d{3})?)")
_ZEROS = re.compile(r"0{32}|0{40}|0{64}")  # how Falcon writes that there is no hash

# Words of which names of fields are made; each may have an s at its end.
_FIELD_WORDS = frozenset(
    """access|account|action|active|activity|actor|address|addresses|agent|aggregate|alert|api|app|application|attack|
attributes|audit|author|blob|blocked|category|channel|cid|cidrs|class|client|cloud|code|command|composite|computer|
confidence|connection|consumes|content|context|controls|count|created|creation|customer|data|date|department|
description|destination|detail|detect|detected|detection|device|direction|disabled|display|disposition|dns|domain|
duration|egress|elapsed|email|enabled|end|endpoint|entities|entity|epoch|event|execution|extension|file|filename|
filesystem|finding|flag|flow|hash|hashes|highlights|host|hostname|id|image|incident|index|indicator|info|instance|ioc|
ip|ipv|ipv4|ipv6|is|item|key|kill|lateral|lead|level|line|link|linux|list|local|location|log|logon|mac|machine|mask|
match|matched|md5|message|metadata|method|mitre|mobile|mode|monitor|movement|name|network|number|object|objective|
offset|operation|os|outcome|parent|partition|path|pattern|pid|platform|policy|port|posture|priority|process|processes|
product|profile|properties|protocol|provider|quarantine|quarantined|query|raw|reason|region|registry|remote|report|
request|resource|response|result|roles|rooting|rule|scopes|score|sensor|service|session|severity|sha1|sha256|sid|
signal|since|size|source|start|state|status|string|success|suspend|tactic|tags|target|technique|template|tenant|
threatgraph|time|timestamp|title|topic|trace|tree|type|upn|uri|url|usb|user|username|utc|uuid|value|vendor|version|
volume|web|window|workload|xdr""".replace("\n", "").split("|")
)
_LONGEST_NAME = 64
_NAME = re.compile(r"[A-Za-z][A-Za-z_]*(?:_\d)?")
# With their digits taken away, a name has none; other digits look like a host's or an id's.
_WITH_DIGITS = re.compile(r"sha256|sha1|md5|ipv[46]|base64|oauth2|saml2", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_FLAT_NAME = re.compile(r"(?:metadata|event)(?:[.-](?:[A-Za-z]\w*|\d{1,2}))+", re.ASCII)
_HEX = re.compile(r"[0-9A-Fa-f]{8,}")
_EVENT_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_VERSION = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,2}")


def is_known_value(text: str) -> bool:
    """Whether a value is one of the words that stay."""
    return text.lower() in _VALUES or bool(_MITRE.fullmatch(text) or _ZEROS.fullmatch(text))


def is_id_word(text: str) -> bool:
    """Whether a part of an id says of what it is one."""
    return text in _ID_WORDS


def is_field_name(text: str) -> bool:
    """Whether a key is written like a field's name, and one of its words is a field's. With `format=flatjson`, it has
    the names of the objects around it."""
    if len(text) > _LONGEST_NAME:
        return False
    if _FLAT_NAME.fullmatch(text):
        return all(part.isdigit() or is_field_name(part) for part in re.split("[.-]", text))
    plain = _WITH_DIGITS.sub("", text)
    if plain and not _NAME.fullmatch(plain):
        return False
    words = [*_WITH_DIGITS.findall(text), *_WORD.findall(plain)]
    return all(len(word) > 1 for word in words) and any(map(_is_field_word, words))


def _is_field_word(word: str) -> bool:
    plain = word.lower()
    return plain in _FIELD_WORDS or (plain.endswith("s") and plain[:-1] in _FIELD_WORDS)


def is_one_word(text: str) -> bool:
    """Whether a name is a single word, which can then be nobody's."""
    return len(_WORD.findall(text)) == 1


def is_event_type(text: str) -> bool:
    """Whether a text can be the name of an event type."""
    return bool(_EVENT_TYPE.fullmatch(text)) and not _HEX.fullmatch(text)


def is_version(text: str) -> bool:
    """Whether a text can be the version of the metadata."""
    return bool(_VERSION.fullmatch(text))
