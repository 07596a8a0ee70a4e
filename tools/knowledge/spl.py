"""Fields of an event in Splunk's eval language: what each word of `knowledge/` means.

Theory. One walk over the root of `event` gives every key there as a field of the key's name with `_` behind it: a text
with JSON's escapes as they stand, a number, true or false, or the JSON of what is nested. A text that says nothing and
null give none. Splunk's own JSON fields (`event.<key>`) stand beneath: they answer where the walk did not come.

Splunk's converter to SPL2 cuts a `nullif` around a call, so none is written here.

| word | gives |
|---|---|
| `<Key>` | the text, decoded, without blanks around it; none for "", "-", "N/A", and null |
| `<Key>.<path>`, `<Key>{}.<path>` | what is nested; of a list, what its first member has |
| `account`, `domain` | what stands behind, before the backslash of a user |
| `path`, `last` | a text that has a separator; what stands behind the last one |
| `folder <Path> <Name>` | a folder and the name in it, unless the path ends in that name |
| `hash` | a text that is not of zeros alone |
| `mac`, `number`, `lower` | an address of colons; digits only; small letters |
| `level`, `hundred`, `ten`, `five` | CIM's severity by a word, by numbers to a hundred, to ten, to five |
| `instant` | epoch seconds of ns, FILETIME, us, ms, s, or ISO 8601; 0 is none |
| `list`, `first` | all members of a list, written with commas or as JSON; the first |
| `addresses` | a list of addresses; any other text as it is |
| `joined` | a list as one text |
| `techniques` | the ids of ATT&CK anywhere in the event, and in the list that follows |
| `malware` | "Malware" for tactics that mean it, else the text |
| `actor` | whether a user id is a service, the vendor, or a user |
| `audit`, `pairs` | the value of a pair of the audit trail; all of them |
| `done` | CIM's action for the operation of the audit trail |
| `flag <Key> <Flag> ...` | whether one of these is true in an object of flags; for `spl` |
| `matched` | which of its keys an indicator has matched by |
| `local` | the host's own address, or its name where that is none |
| `event` | an id of customer, partition, and offset |
| `spl` | eval, in which `{...}` stands for any of these |
| `text ...` | that text |
"""

from __future__ import annotations

import re
from typing import Callable, Dict, List

from tools.knowledge.operation import read_operations

_NOTHING = r"^\s*+(?:-|N/A|null)?+\s*+$"
_KEY = re.compile(r"[A-Za-z]\w*")
_PATH = re.compile(r"([A-Za-z]\w*)((?:\{\})?(?:\.[A-Za-z]\w*(?:\{\})?)*)")
_BRACED = re.compile(r"\{((?:[^{}]|\{\})+)\}")
_NOWHERE = r"^(?:0\.0\.0\.0|255\.255\.255\.255|::$|22[4-9]\.|23[0-9]\.|[Ff][Ff][0-9A-Fa-f]{2}:)"
_LEVELS = {
    "informational": ("informational", "info", "information"),
    "low": ("low", "minor"),
    "medium": ("medium", "moderate"),
    "high": ("high",),
    "critical": ("critical", "severe"),
}
_INDICATORS = (
    ("hash_sha256", "hash SHA256String"),
    ("hash_sha1", "hash SHA1String"),
    ("hash_md5", "hash MD5String"),
    ("domain", "DomainName"),
    ("ipv4", "IPv4"),
    ("ipv6", "IPv6"),
)


class WrongWord(ValueError):
    """What stands in a file of `knowledge/` means nothing."""


def formula(text: str) -> str:
    """The eval expression for a field's value: the first of its alternatives that gives something."""
    if text.startswith("spl "):
        return _filled(text[4:])
    return _first([_one(each.strip()) for each in text.split(" | ")])


def _one(text: str) -> str:
    if text.startswith("spl "):
        return _filled(text[4:])
    word, _, rest = text.partition(" ")
    if word in _ALONE and not rest:
        return _ALONE[word]()
    if word in _WORDS:
        return _WORDS[word](rest)
    if rest or not _PATH.fullmatch(text):
        raise WrongWord(f"{text!r} is neither a key nor a word with one")
    return _text(text)


def _filled(text: str) -> str:
    return _BRACED.sub(lambda found: formula(found.group(1)), " ".join(text.split()))


def _first(parts: List[str]) -> str:
    return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"


# -- texts -------------------------------------------------------------------------------------------------------------


def _text(path: str) -> str:
    match = _PATH.fullmatch(path)
    if match is None:
        raise WrongWord(f"{path!r} is no path")
    key, rest = match.groups()
    if rest:
        return _clean(_nested(path))
    return f"coalesce({_decoded(f'{key}_')}, {_clean(f'{chr(39)}event.{key}{chr(39)}')})"


def _clean(text: str) -> str:
    """A text without blanks around it, none if it says nothing."""
    return f'if(match({text}, "{_NOTHING}"), null(), trim({text}))'


def _decoded(field: str) -> str:
    """What stands between the quotes of a JSON text, without its escapes."""
    return f'trim(json_extract("[\\"".{field}."\\"]", "{{0}}"))'


def _nested(path: str) -> str:
    match = _PATH.fullmatch(path)
    if match is None:
        raise WrongWord(f"{path!r} is no path")
    key, rest = match.groups()
    inner = rest.replace("{}", "{0}").lstrip(".")
    return f"coalesce(json_extract({key}_, \"{inner}\"), mvindex('event.{path}', 0))"


def _plain(key: str) -> str:
    """A number as it stands."""
    return f"coalesce({key}_, 'event.{key}')" if _KEY.fullmatch(key) else _nested(key)


def _last(key: str) -> str:
    text = _text(key)
    return f'if(match({text}, "[/\\x5c]$"), null(), mvindex(split(replace({text}, "\\x5c", "/"), "/"), -1))'


def _folder(keys: str) -> str:
    path, name = map(_text, keys.split())
    end = f'if(match({path}, "/"), "/", "\\\\")'
    joined = f'replace({path}, "[/\\x5c]$", "").{end}.{name}'
    return f'if(match({path}, "[/\\x5c]"), if(like({path}, "%".{name}), {path}, coalesce({joined}, {path})), null())'


# -- numbers, words and times ------------------------------------------------------------------------------------------


def _level(key: str) -> str:
    text = _text(key)
    arms = [f'match({text}, "(?i)^(?:{"|".join(words)})$"), "{level}"' for level, words in _LEVELS.items()]
    return f"case({', '.join(arms)})"


def _bands(key: str, step: str) -> str:
    """The level of a number, each of which is a step above the one before."""
    number = f"tonumber({_plain(key)})"
    level = f'mvindex(split("{" ".join(_LEVELS)}", " "), min(4, floor({step.replace("%", number)})))'
    return f"if({number}>=0, {level}, null())"


def instant_of(at: str) -> str:
    """A time in epoch seconds: the number of digits tells the unit."""
    digits = '"^([0-9]{11}(?=[0-9]{7}$)|[0-9]{10})([0-9]++)$", "\\1.\\2"'
    point = f'tonumber(replace(replace({at}, "^0$", ""), {digits}))'
    filetime = f'if(match({at}, "^[0-9]{{18}}$"), 11644473600, 0)'
    text = f'strptime(replace({at}, "(?:[.][0-9]++)?+Z$", "+0000"), "%Y-%m-%dT%H:%M:%S%z")'
    fraction = f'tonumber("0".replace({at}, "^[^.]*+|Z$", ""))'
    return f"coalesce({point}-{filetime}, {text}+{fraction})"


def _flag(keys: str) -> str:
    """Whether one of these is true in an object of flags."""
    key, *names = keys.split()
    return f'match({key}_, "\\x22(?:{"|".join(names)})\\x22\\s*:\\s*true")'


# -- lists -------------------------------------------------------------------------------------------------------------


def _list(key: str) -> str:
    written = f'split(replace({_text(key)}, "(?<!\\s)\\s*+,\\s*+", ","), ",")'
    return f"if(match({key}_, \"^\\[\"), json_array_to_mv({key}_), coalesce({written}, 'event.{key}{{}}'))"


def _addresses(key: str) -> str:
    text = _text(key)
    return f'if(match({text}, "^[0-9A-Fa-f:.]++(?:\\s*+,\\s*+[0-9A-Fa-f:.]++)++$"), {_list(key)}, {text})'


def _techniques(key: str = "") -> str:
    listed = f", {_list(key)}" if key else ""
    return f"mvdedup(mvappend(falcon_technique_id{listed}))"


# -- what some types have ----------------------------------------------------------------------------------------------


def _malware(key: str) -> str:
    text = _text(key)
    return f'if(match({text}, "(?i)^(?:machine\\s?learning|malware)$"), "Malware", {text})'


def _actor(key: str) -> str:
    text = _text(key)
    return (
        f'case(match({text}, "(?i)^(?:api-client-id|API):"), "service", '
        f'match({text}, "(?i)^(?:crowdstrike|customer)$"), "vendor", isnotnull({text}), "user")'
    )


def _audit(key: str) -> str:
    return _clean(_decoded(f"coalesce(Key___{key}, Key____{key})"))


def _done() -> str:
    """An arm for each action with the operations that are written out, then those that begin with a word."""
    operation = _text("OperationName")
    named: Dict[str, List[str]] = {}
    starts = []
    for each in read_operations():
        if each.operation.endswith("*"):
            starts.append((each.operation[:-1], each.audit_action))
        else:
            named.setdefault(each.audit_action, []).append(each.operation)
    arms = [(f"^(?:{'|'.join(names)})$", action) for action, names in named.items()]
    arms += [(f"^{start}", action) for start, action in starts]
    texts = (f'match({operation}, "(?i){found}"), {_quoted(action)}' for found, action in arms)
    return f"case({', '.join(texts)})"


def _quoted(text: str) -> str:
    return f'"{text}"' if text else "null()"


def _pairs() -> str:
    pair = (
        r"\{\s*+\x22Key\x22\s*+:\s*+\x22([^\x22]*+)\x22\s*+,\s*+\x22ValueString\x22\s*+:\s*+"
        r"\x22([^\x22\x5c]*+(?:\x5c.[^\x22\x5c]*+)*+)\x22\s*+\}\s*+,?+\s*+"
    )
    bare = 'replace(AuditKeyValues_, "^\\[\\s*+|(?<!\\s)\\s*+\\]$", "")'
    flat = f'replace(replace({bare}, "{pair}", "\\1=\\2; "), "; $", "")'
    return f'replace(json_extract("[\\"".{flat}."\\"]", "{{0}}"), "\\"", "\'")'


def _matched() -> str:
    arms = ", ".join(f'isnotnull({formula(source)}), "{name}"' for name, source in _INDICATORS)
    return f"case({arms})"


_WORDS: Dict[str, Callable[[str], str]] = {
    "text": lambda text: f'"{text}"',
    "account": lambda key: f'replace({_text(key)}, "^(?:[^\\x5c]*+\\x5c)*+", "")',
    "domain": lambda key: f'if(match({_text(key)}, "\\x5c"), replace({_text(key)}, "\\x5c.*+$", ""), null())',
    "path": lambda key: f'if(match({_text(key)}, "[/\\x5c]"), {_text(key)}, null())',
    "last": _last,
    "folder": _folder,
    "hash": lambda key: f'if(match({_text(key)}, "^0++$"), null(), {_text(key)})',
    "mac": lambda key: (
        f'if(match({_text(key)}, "^(?:[0-9A-Fa-f]{{2}}[-:]){{5}}[0-9A-Fa-f]{{2}}$"), '
        f'lower(replace({_text(key)}, "-", ":")), null())'
    ),
    "number": lambda key: f'if(match({_text(key)}, "^[0-9]++$"), {_text(key)}, null())',
    "lower": lambda key: f"lower({_text(key)})",
    "level": _level,
    "hundred": lambda key: _bands(key, "%/20"),
    "ten": lambda key: _bands(key, "%/2"),
    "five": lambda key: _bands(key, "%-1"),
    "instant": lambda key: instant_of(_plain(key)),
    "plain": _plain,
    "flag": _flag,
    "list": _list,
    "first": lambda key: f"mvindex({_list(key)}, 0)",
    "addresses": _addresses,
    "joined": lambda key: f'mvjoin({_list(key)}, "; ")',
    "techniques": _techniques,
    "malware": _malware,
    "actor": _actor,
    "audit": _audit,
}
_ALONE: Dict[str, Callable[[], str]] = {
    "pairs": _pairs,
    "done": _done,
    "matched": _matched,
    "techniques": _techniques,
    "local": lambda: f'if(match({_text("LocalAddress")}, "{_NOWHERE}"), {_text("HostName")}, {_text("LocalAddress")})',
    "event": lambda: 'cid.":".coalesce(falcon_partition, "?").":".falcon_offset',
}
