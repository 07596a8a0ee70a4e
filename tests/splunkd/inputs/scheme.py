"""Schemes: what a script answers to `--scheme`, and which schemes an app offers.

Rules ("Create modular inputs", Splunk platform reference 1.1, 1.7): an app offers a scheme by a `[<scheme>://<name>]`
stanza in README/inputs.conf.spec and the script bin/<scheme>.py; the script is introspected at start; bad XML or a
non-zero exit means that the scheme is not registered, and its stanzas never run.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

# Parameters that every modular input has without naming them ("Modular inputs configuration").
IMPLICIT = frozenset(
    ("disabled", "host", "index", "interval", "persistentQueueSize", "queueSize", "source", "sourcetype")
)
# Names that splunkd keeps for itself ("Modular inputs configuration").
_TAKEN = frozenset(("batch", "fifo", "monitor", "script", "splunktcp", "tcp", "udp"))
_IDENTIFIER = re.compile(r"[0-9a-zA-Z][0-9a-zA-Z_-]*")
_SPEC_STANZA = re.compile(r"^\[([^\]:]+)://[^\]]*\]\s*$")
_SPEC_SETTING = re.compile(r"^([^\s#*=\[]+)\s*=")


class SchemeRefused(ValueError):
    """A scheme that splunkd would not register; the text is splunkd.log's."""


class Argument(NamedTuple):
    """One `<arg>`."""

    name: str
    title: str
    description: str
    data_type: str
    required_on_create: bool
    required_on_edit: bool


class Scheme(NamedTuple):
    """What the script said, and what its app's spec declares."""

    name: str
    app: str
    title: str
    description: str
    use_external_validation: bool
    use_single_instance: bool
    streaming_mode: str
    arguments: dict[str, Argument]
    declared: frozenset[str]

    def supported(self) -> frozenset[str]:
        """What REST takes: the implicit parameters, and arguments that both scheme and spec name.

        A single instance takes no interval; an argument missing in the spec is refused by splunkd with
        `Argument "x" is not supported by this handler` (PaloAltoNetworks/Splunk_TA_paloalto issue 12).
        """
        implicit = IMPLICIT - {"interval"} if self.use_single_instance else IMPLICIT
        return implicit | (frozenset(self.arguments) & self.declared)


def offered(app_dir: Path) -> dict[str, frozenset[str]]:
    """The schemes of an app's inputs.conf.spec with the settings declared for each."""
    spec = app_dir / "README" / "inputs.conf.spec"
    found: dict[str, frozenset[str]] = {}
    current = ""
    for line in spec.read_text(encoding="utf-8").splitlines() if spec.exists() else []:
        stanza = _SPEC_STANZA.match(line)
        setting = _SPEC_SETTING.match(line)
        if stanza:
            current = stanza.group(1)
            found.setdefault(current, frozenset())
        elif line.startswith("["):
            current = ""
        elif setting and current:
            found[current] |= {setting.group(1)}
    return found


def introspect(name: str, app: str, declared: frozenset[str], answer: subprocess.CompletedProcess[bytes]) -> Scheme:
    """The scheme that a script's answer stands for."""
    if not _IDENTIFIER.fullmatch(name) or name in _TAKEN:
        raise SchemeRefused(f"Introspecting scheme={name}: not a valid scheme name.")
    if answer.returncode != 0:
        raise SchemeRefused(f"Introspecting scheme={name}: script running failed ({describe_exit(answer.returncode)}).")
    try:
        root = ElementTree.fromstring(answer.stdout)
    except ElementTree.ParseError as error:
        raise SchemeRefused(f"Introspecting scheme={name}: Unable to parse the scheme XML: {error}.") from error
    if root.tag != "scheme":
        raise SchemeRefused(f"Introspecting scheme={name}: the XML is a <{root.tag}>, not a <scheme>.")
    return Scheme(
        name=name,
        app=app,
        title=_text(root, "title", name),
        description=_text(root, "description", ""),
        use_external_validation=_truth(root, "use_external_validation"),
        use_single_instance=_truth(root, "use_single_instance"),
        streaming_mode=_text(root, "streaming_mode", "simple"),
        arguments={argument.name: argument for argument in _arguments(root, name)},
        declared=declared,
    )


def describe_exit(code: int) -> str:
    """An exit as splunkd.log words it."""
    if code < 0:
        return f"killed by signal {-code}: {'Killed' if code == -9 else 'Terminated'}"
    return f"exited with code {code}"


def _arguments(root: ElementTree.Element, scheme: str) -> list[Argument]:
    found = []
    for element in root.findall("./endpoint/args/arg"):
        name = element.get("name", "")
        if not _IDENTIFIER.fullmatch(name):
            raise SchemeRefused(f"Introspecting scheme={scheme}: not a valid argument name: {name!r}.")
        found.append(
            Argument(
                name=name,
                title=_text(element, "title", name),
                description=_text(element, "description", ""),
                data_type=_text(element, "data_type", "string"),
                required_on_create=_truth(element, "required_on_create", "true"),
                required_on_edit=_truth(element, "required_on_edit"),
            )
        )
    return found


def _text(element: ElementTree.Element, tag: str, otherwise: str) -> str:
    return (element.findtext(tag) or otherwise).strip()


def _truth(element: ElementTree.Element, tag: str, otherwise: str = "false") -> bool:
    return _text(element, tag, otherwise).lower() in ("true", "1")
