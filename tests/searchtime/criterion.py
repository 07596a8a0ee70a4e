"""The search of an event type: terms and comparisons, asked of one event.

Rules ("Use the search command", "Boolean expressions"): terms stand for AND; parentheses come first, then NOT, then
OR, then AND. Values compare without case, `*` in one stands for anything; a field of several values has a value when
one of them is it. `field!=value` needs the field, `NOT field=value` does not. A word is found where `_raw` has it
between characters that are not alphanumeric. A network of CIDR stands for its addresses ("cidrmatch"). `<` and its
like compare numbers.

Refused: pipes, subsearches, TERM, CASE, tags and times, comparisons of fields, wildcards in the middle of a word or
in a name, `!=` to a field some values of which differ, keywords in lower case.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import NamedTuple, Optional, Union

from tests.searchtime.event import RAW, Fields, read
from tests.searchtime.refusal import Refused

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<mark>[()])
    |(?P<name>"(?:[^"\\]|\\.)+"|[^\s"()=<>!,\[\]|`]+)\s*(?P<operator>!=|<=|>=|=|<|>)\s*(?P<value>"(?:[^"\\]|\\.)*"|[^\s"()\[\]|`]+)
    |(?P<member>[^\s"()=<>!,\[\]|`]+)\s+IN\s*\((?P<list>(?:"(?:[^"\\]|\\.)*"|[^")])*)\)
    |(?P<word>"(?:[^"\\]|\\.)*"|[^\s"()=<>!,\[\]|`]+)
    )""",
    re.VERBOSE,
)
_LISTED = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^\s",]+)\s*(?:,|$)')
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NOT_ASKED = frozenset(
    ("earliest", "latest", "_index_earliest", "_index_latest", "savedsearch", "search", "splunk_server")
)


Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


class Probe(NamedTuple):
    """What a criterion is asked of."""

    fields: Fields
    has_eventtype: Callable[[str], bool]


Criterion = Callable[[Probe], bool]


def compile_criterion(text: str) -> Criterion:
    """The search as a question. Macros are expanded before."""
    reader = _Reader(_tokens(text))
    criterion = reader.conjunction()
    if reader.token is not None:
        raise Refused(f"a parenthesis too many in {text!r}")
    return criterion


class _Token(NamedTuple):
    kind: str
    text: str
    question: Optional[Criterion]


class _Reader:
    """One token ahead."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = iter(tokens)
        self.token = next(self._tokens, None)

    def conjunction(self) -> Criterion:
        parts = [self._disjunction()]
        while self.token is not None and self.token.text != ")":
            if self.token.kind == "AND":
                self._step()
            parts.append(self._disjunction())
        return parts[0] if len(parts) == 1 else lambda probe: all(part(probe) for part in parts)

    def _disjunction(self) -> Criterion:
        parts = [self._negation()]
        while self.token is not None and self.token.kind == "OR":
            self._step()
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else lambda probe: any(part(probe) for part in parts)

    def _negation(self) -> Criterion:
        token = self._step()
        if token.kind == "NOT":
            inner = self._negation()
            return lambda probe: not inner(probe)
        if token.text == "(" and token.kind == "mark":
            inside = self.conjunction()
            if self._step().text != ")":
                raise Refused("a parenthesis that does not end")
            return inside
        if token.question is None:
            raise Refused(f"{token.text!r} where a term is due")
        return token.question

    def _step(self) -> _Token:
        token = self.token
        if token is None:
            raise Refused("the search ends where a term is due")
        self.token = next(self._tokens, None)
        return token


def _tokens(text: str) -> list[_Token]:
    tokens, at, text = [], 0, text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise Refused(f"{text[at:]!r} is not read")
        at = found.end()
        word = found.group("word")
        if found.group("mark"):
            tokens.append(_Token("mark", found.group("mark"), None))
        elif found.group("name"):
            value = _value(found.group("value"))
            tokens.append(_Token("", "", _comparison(_name(found.group("name")), found.group("operator"), value)))
        elif found.group("member"):
            tokens.append(_Token("", "", _membership(_name(found.group("member")), found.group("list"))))
        elif word in ("AND", "OR", "NOT"):
            tokens.append(_Token(word, word, None))
        else:
            tokens.append(_Token("", word, _word(word)))
    return tokens


def _name(text: str) -> str:
    name = text.strip('"')
    if "*" in name or "::" in name or name in _NOT_ASKED or name == "tag" or name.lower() in ("and", "or", "not"):
        raise Refused(f"{name} is not asked for here")
    return name


def _value(text: str) -> str:
    if text.startswith('"'):
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    if "\\" in text or "," in text:
        raise Refused(f"{text!r} without quotes")
    return text


def _comparison(name: str, operator: str, value: str) -> Criterion:
    if operator in ("=", "!=") and name == "eventtype":
        return lambda probe: probe.has_eventtype(value) == (operator == "=")
    if operator not in ("=", "!="):
        return _order(name, operator, value)
    network = _network(value)
    pattern = re.compile(".*".join(re.escape(part) for part in value.split("*")), re.IGNORECASE | re.DOTALL)

    def is_it(one: str) -> bool:
        return pattern.fullmatch(one) is not None or (network is not None and _within(network, one))

    def equal(probe: Probe) -> bool:
        return any(is_it(one) for one in read(probe.fields, name))

    def unequal(probe: Probe) -> bool:
        hits = [is_it(one) for one in read(probe.fields, name)]
        if any(hits) and not all(hits):
            raise Refused(f"{name}!={value} asked of a field only some values of which are it")
        return bool(hits) and not hits[0]

    return equal if operator == "=" else unequal


def _network(value: str) -> Optional[Network]:
    try:
        return ipaddress.ip_network(value, strict=False) if "/" in value else None
    except ValueError:
        return None


def _within(network: Network, one: str) -> bool:
    try:
        return ipaddress.ip_address(one) in network
    except ValueError:
        return False


def _order(name: str, operator: str, value: str) -> Criterion:
    if not _NUMBER.fullmatch(value):
        raise Refused(f"{name}{operator}{value} compares what is no number")
    bound = float(value)

    def ordered(probe: Probe) -> bool:
        numbers = [float(one) for one in read(probe.fields, name) if _NUMBER.fullmatch(one)]
        if operator == "<":
            return any(number < bound for number in numbers)
        if operator == ">":
            return any(number > bound for number in numbers)
        return any(number <= bound if operator == "<=" else number >= bound for number in numbers)

    return ordered


def _membership(name: str, text: str) -> Criterion:
    values, at = [], 0
    while at < len(text):
        found = _LISTED.match(text, at)
        if not found:
            raise Refused(f"{text!r} is no list of values")
        values.append(_value(found.group(1)))
        at = found.end()
    if not values:
        raise Refused("IN of nothing")
    parts = [_comparison(name, "=", value) for value in values]
    return lambda probe: any(part(probe) for part in parts)


def _word(text: str) -> Criterion:
    if text.upper() in ("AND", "OR", "NOT", "IN", "TERM", "CASE", "XOR"):
        raise Refused(f"{text} where a term is due")
    term = _value(text)
    if "*" in term.strip("*") or (not term.strip("*") and term != "*"):
        raise Refused(f"{text!r}: a word with a wildcard inside, or no word")
    if term == "*":
        return lambda probe: True
    before = r"(?<![^\W_])" if term[0].isalnum() else ""
    after = r"(?![^\W_])" if term[-1].isalnum() else ""
    pattern = re.compile(before + re.escape(term.strip("*")) + after, re.IGNORECASE)
    return lambda probe: pattern.search(probe.fields[RAW][0]) is not None
