"""splunkd's management port, as an input needs it: confs, secrets, inputs, server info. It only reads;
`writable_splunkd` writes.

Rules: every call has the input's own session key, reads in this app's namespace, and ends after ten seconds. A 401
means that the key was revoked (RestartNeeded), a 404 that the thing does not exist (None); all else is Retryable. The
address comes from splunkd itself, on stdin. If it is an address of this machine, its certificate is not checked,
because Splunk ships one that names no host, signed by a CA that every Splunk has (decision record 0002).
"""

from __future__ import annotations

import json
import socket
import ssl
from http.client import HTTPException
from typing import Any, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import quote, urlsplit

from splunklib import binding

from falcon_streams.core.text import tidy
from falcon_streams.errors import Fatal, RestartNeeded, Retryable, Undecipherable
from falcon_streams.trust import make_local, make_trust

APP = "TA_falcon_event_streams"
SCHEME = "falcon_event_streams"
SECONDS = 10.0
_CLUSTER_ROLES = frozenset({"shc_member", "shc_captain"})


class ServerInfo(NamedTuple):
    """What `server/info` says of this instance.

    `started` is in epoch seconds, None if unknown. `forwarder` is the instance's name and GUID, empty without a GUID.
    `forwards` says that it sends events on, and may not index any itself.
    """

    started: Optional[float]
    follows_machine: bool
    kind: str
    forwarder: str
    forwards: bool


class OwnedStanza(NamedTuple):
    """A stanza of an input: its name, the app whose conf has it, and its settings."""

    name: str
    app: str
    settings: Dict[str, str]


class Splunkd:
    """A reader of splunkd's REST endpoints."""

    def __init__(self, uri: str, session_key: str, seconds: float = SECONDS, app: str = APP) -> None:
        """`uri` is the `server_uri` of stdin, `app` whose confs, secrets, and documents are read. Raises Fatal if `uri`
        is not an address."""
        parts = urlsplit(uri)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise Fatal("splunkd gave no server_uri on stdin: only splunkd can start this script")
        local = _is_this_machine(parts.hostname)
        if parts.scheme == "http" and not local:
            raise Fatal("splunkd's server_uri is neither https nor on this machine: the session key is not sent there")
        self._trust = make_local() if local else make_trust()
        self._address = {"scheme": parts.scheme, "host": parts.hostname, "port": parts.port or 8089}
        self._uri = uri
        self._app = app
        self._session_key = session_key
        self._context = self.context(seconds)

    def context(self, seconds: float) -> binding.Context:
        """An SDK context for a connection with the input's session key, in the app, as the user `nobody`."""
        # With `verify`, the SDK uses our context, which says what is verified; without it, the SDK makes its own.
        handler = binding.handler(timeout=seconds, verify=True, context=self._trust)
        return binding.Context(handler=handler, token=self._session_key, owner="nobody", app=self._app, **self._address)

    def stanza(self, conf: str, name: str, with_switch: bool = False) -> Optional[Dict[str, str]]:
        """A stanza of one of our confs as settings and values, None if there is none. `with_switch` keeps `disabled`,
        which splunkd gives every stanza."""
        entries = self._entries(f"configs/conf-{conf}/{quoted(name)}")
        return conf_settings(entries[0], with_switch) if entries else None

    def stanzas(self, conf: str, with_switch: bool = False) -> List[Tuple[str, Dict[str, str]]]:
        """All stanzas of one of our confs, by name."""
        entries = self._entries(f"configs/conf-{conf}", count=0) or []
        return [(str(entry.get("name", "")), conf_settings(entry, with_switch)) for entry in entries]

    def inputs(self) -> List[Tuple[str, Dict[str, str]]]:
        """All our inputs on this instance, by name."""
        entries = self._entries(f"data/inputs/{SCHEME}", count=0) or []
        return [(str(entry.get("name", "")), _settings(entry)) for entry in entries]

    def stanzas_of_inputs(self, scheme: str) -> List[OwnedStanza]:
        """All inputs of a scheme as the confs of every app have them, whether the scheme is there or not."""
        prefix = f"{scheme}://"
        entries = self._entries("/servicesNS/nobody/-/configs/conf-inputs", count=0) or []
        named = [(str(entry.get("name", "")), entry) for entry in entries]
        return [
            OwnedStanza(name[len(prefix) :], _app_of(entry), _settings(entry))
            for name, entry in named
            if name.startswith(prefix)
        ]

    def has_scheme(self, scheme: str) -> bool:
        """Whether this instance runs inputs of a scheme."""
        return self._entries(f"data/inputs/{quoted(scheme)}", count=1) is not None

    def is_app_disabled(self) -> Optional[bool]:
        """Whether the app is disabled, None if it is not on this instance."""
        entries = self._entries(f"/services/apps/local/{quoted(self._app)}")
        return _settings(entries[0]).get("disabled") == "1" if entries else None

    def documents(self, collection: str) -> Optional[List[Dict[str, Any]]]:
        """The documents of a collection of the app in the KV store, None if there is no such collection."""
        found = self._ask(self._context.get, f"storage/collections/data/{quoted(collection)}", limit=0)
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else None

    def has_index(self, name: str) -> bool:
        """Whether this instance has an index of this name that is not disabled."""
        entries = self._entries(f"/services/data/indexes/{quoted(name)}") or []
        return any(map(_is_enabled, entries))

    def indexes(self) -> FrozenSet[str]:
        """The indexes of this instance that are not disabled."""
        entries = self._entries("/services/data/indexes", count=0, datatype="all", f="disabled") or []
        return frozenset(str(each.get("name")) for each in entries if _is_enabled(each))

    def secret(self, realm: str, user: str) -> Optional[str]:
        """A secret from `storage/passwords`, None if there is none. Raises Undecipherable if splunkd has one and cannot
        decrypt it: then splunkd answers 500, or gives the entry without its clear text."""
        try:
            entries = self._entries(f"storage/passwords/{quoted(secret_name(realm, user))}")
        except Retryable as error:
            if error.status == 500:
                raise Undecipherable("it answers 500", status=500) from None
            raise
        if not entries:
            return None
        secret = _settings(entries[0]).get("clear_password")
        if not secret:  # splunkd stores no empty secret
            raise Undecipherable("it gives no clear text")
        return secret

    def info(self) -> ServerInfo:
        """What `server/info` says."""
        entries = self._entries("/services/server/info") or [{}]
        content = entries[0].get("content")
        content = content if isinstance(content, dict) else {}
        roles = content.get("server_roles")
        clustered = bool(_CLUSTER_ROLES.intersection(roles if isinstance(roles, list) else []))
        cloud = content.get("instance_type") == "cloud"
        kind = "Splunk Cloud" if cloud else "a search head cluster member" if clustered else "a single instance"
        guid = content.get("guid")
        forwarder = f"{tidy(str(content.get('serverName', '')))}/{tidy(str(guid))}" if guid else ""
        forwards = _text(content.get("isForwarding")).lower() in ("1", "true")
        return ServerInfo(_number(content.get("startup_time")), cloud or clustered, kind, forwarder, forwards)

    def queues(self) -> Optional[Dict[str, float]]:
        """splunkd's queues, and how full each is, from 0 to 1. None if this instance does not tell."""
        entries = self._entries("/services/server/introspection/queues", count=0)
        return None if entries is None else {str(each.get("name", "")): _fill(_settings(each)) for each in entries}

    def search(self, text: str, earliest: str, seconds: int) -> List[Dict[str, str]]:
        """The rows of one search, as whoever has the session key, over events since `earliest`. splunkd ends the search
        after so many seconds, with the rows that it has by then."""
        return self._oneshot(self._context, SECONDS, text, earliest, "now", max_time=seconds)

    def search_whole(self, text: str, earliest: str, latest: str, seconds: float) -> List[Dict[str, str]]:
        """All rows of one search, as whoever has the session key. Raises Retryable if it takes longer than that."""
        return self._oneshot(self.context(seconds), seconds, text, earliest, latest, max_time=0)

    def _oneshot(
        self, context: Any, within: float, text: str, earliest: str, latest: str, max_time: int
    ) -> List[Dict[str, str]]:
        asked: Dict[str, Any] = {"search": text, "earliest_time": earliest, "latest_time": latest, "max_time": max_time}
        return _rows(self._ask(context.post, "/services/search/jobs", within, exec_mode="oneshot", count=0, **asked))

    def _entries(self, path: str, **query: Any) -> Optional[List[Dict[str, Any]]]:
        tree = self._ask(self._context.get, path, **query)
        if tree is None:
            return None
        entries = tree.get("entry") if isinstance(tree, dict) else None
        return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []

    def _ask(self, call: Any, path: str, within: float = SECONDS, **query: Any) -> Any:
        """The JSON of an answer, None for a 404. `within` is the time-out of the call's context."""
        try:
            answer = call(binding.UrlEncoded(path, skip_encode=True), output_mode="json", **query)
            return json.loads(answer.body.read())
        except binding.AuthenticationError:
            raise RestartNeeded("splunkd no longer accepts this input's session key") from None
        except binding.HTTPError as error:
            if error.status == 404:
                return None
            if error.status == 401:
                raise RestartNeeded("splunkd no longer accepts this input's session key") from None
            raise Retryable(f"splunkd answered {error.status} for {path.split('?')[0]}", status=error.status) from None
        except ssl.SSLCertVerificationError as error:
            raise Retryable(
                f"splunkd's management port is not on this machine, and its certificate is refused "
                f"({error.verify_message}): use a certificate from a public CA that names the port's address"
            ) from None
        except socket.timeout:
            raise Retryable(f"splunkd did not answer within {within:.0f} s: look at its load, then try again") from None
        except (OSError, ValueError, HTTPException) as error:
            raise Retryable(f"splunkd's management port cannot be read ({type(error).__name__})") from None


def _rows(tree: Any) -> List[Dict[str, str]]:
    rows = tree.get("results") if isinstance(tree, dict) else None
    return [
        {str(name): _text(value) for name, value in row.items()}
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
    ]


def _settings(entry: Mapping[str, Any]) -> Dict[str, str]:
    content = entry.get("content")
    pairs = content.items() if isinstance(content, dict) else ()
    return {
        key: _text(value)
        for key, value in pairs
        if not key.startswith("eai:") and (value is None or isinstance(value, (str, int, float, bool)))
    }


def _is_enabled(entry: Mapping[str, Any]) -> bool:
    return _settings(entry).get("disabled", "0") in ("0", "")


def _app_of(entry: Mapping[str, Any]) -> str:
    acl = entry.get("acl")
    return str(acl.get("app", "")) if isinstance(acl, dict) else ""


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else str(value)


def conf_settings(entry: Mapping[str, Any], with_switch: bool = False) -> Dict[str, str]:
    """The settings of a conf's stanza, out of splunkd's entry for it."""
    settings = _settings(entry)
    if not with_switch:
        settings.pop("disabled", None)  # splunkd adds it to every stanza
    return settings


def quoted(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


def secret_name(realm: str, user: str) -> str:
    """The name of a secret in `storage/passwords`: realm and user joined by colons, those within them escaped."""
    return "".join(part.replace("\\", "\\\\").replace(":", "\\:") + ":" for part in (realm, user))


def _fill(queue: Mapping[str, str]) -> float:
    size, most = _number(queue.get("current_size_bytes")), _number(queue.get("max_size_bytes"))
    return size / most if size is not None and most else 0.0


def _number(value: object) -> Optional[float]:
    try:
        return float(str(value))
    except ValueError:
        return None


def _is_this_machine(host: str) -> bool:
    """Whether an address is this machine's own: only then would packets to it also come from it."""
    try:
        for family, _, _, _, address in socket.getaddrinfo(host, 9, type=socket.SOCK_DGRAM):
            with socket.socket(family, socket.SOCK_DGRAM) as candidate:
                candidate.connect(address)  # a datagram socket sends nothing here
                if candidate.getsockname()[0] != address[0]:
                    return False
    except OSError:
        return False
    return True
