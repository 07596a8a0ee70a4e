"""splunkd with the rights of a session: what `Splunkd` reads, and the writing of confs, secrets, and inputs.

Rules: every call has the session key of the page's caller, or of the input, so splunkd decides what it may do. A
refusal passes on splunkd's status and words, and never the fields of the request, which may hold a secret.
"""

from __future__ import annotations

import json
from functools import cached_property
from http.client import HTTPException
from typing import Any, Dict, FrozenSet, List, Mapping, Optional, Tuple

from splunklib import binding

from falcon_streams.core.text import tidy
from falcon_streams.errors import Refused, Unanswered
from falcon_streams.splunk.splunkd import APP, SCHEME, Splunkd, conf_settings, quoted, secret_name

_SENTENCE_LIMIT = 1000


class WritableSplunkd(Splunkd):
    """Reads and writes with the caller's rights. Writing raises Refused with splunkd's status and sentence."""

    def in_app(self, app: str) -> WritableSplunkd:
        """The same session, which reads and writes what belongs to another app."""
        return WritableSplunkd(self._uri, self._session_key, app=app)

    @property
    def capabilities(self) -> FrozenSet[str]:
        """What the caller may do."""
        found = self._caller.get("capabilities")
        return frozenset(str(each) for each in found) if isinstance(found, list) else frozenset()

    @property
    def username(self) -> str:
        """Who the caller is, for the log."""
        return tidy(str(self._caller.get("username") or "unknown"))

    @cached_property
    def _caller(self) -> Mapping[str, Any]:
        """splunkd is asked once, because this object serves one request of a page."""
        entries = self._entries("/services/authentication/current-context") or [{}]
        content = entries[0].get("content")
        return content if isinstance(content, dict) else {}

    def may_add_stanzas(self) -> bool:
        """Whether the caller may add stanzas to the app's confs. splunkd decides again when one is added."""
        return _may_write(self._entries(f"/services/apps/local/{APP}"))

    def stanza_to_change(self, conf: str, name: str) -> Tuple[Optional[Dict[str, str]], bool]:
        """A stanza as `stanza` gives it, and whether the caller may write it. splunkd decides again at the write."""
        entries = self._entries(f"configs/conf-{conf}/{quoted(name)}")
        return conf_settings(entries[0]) if entries else None, _may_write(entries)

    def create_stanza(self, conf: str, name: str, settings: Mapping[str, str]) -> None:
        """Add a stanza to one of our confs. Refused 409 if there is one of that name."""
        self._post(f"configs/conf-{conf}", {"name": name, **settings})

    def edit_stanza(self, conf: str, name: str, settings: Mapping[str, str]) -> None:
        """Change settings of a stanza. An empty value unsets one."""
        self._post(f"configs/conf-{conf}/{quoted(name)}", settings)

    def edit_properties(self, conf: str, name: str, settings: Mapping[str, str]) -> None:
        """Change settings of a stanza that may be called anything. `edit_stanza` has no way for one called `name`."""
        # This endpoint takes whatever a form holds for a setting, so the form says nothing about the answer.
        path = binding.UrlEncoded(f"properties/{conf}/{quoted(name)}", skip_encode=True)
        self._write(self._context.post, path, dict(settings))

    def delete_stanza(self, conf: str, name: str) -> None:
        """Remove a stanza."""
        self._delete(f"configs/conf-{conf}/{quoted(name)}")

    def store_secret(self, realm: str, user: str, secret: str, replaces: bool = False) -> None:
        """Put a secret into `storage/passwords`, over a former one. `replaces` says that there should be one; if that
        is wrong, it costs one call more."""
        create = ("storage/passwords", {"realm": realm, "name": user, "password": secret})
        edit = (f"storage/passwords/{quoted(secret_name(realm, user))}", {"password": secret})
        first, second, wrong_guess = (edit, create, 404) if replaces else (create, edit, 409)
        try:
            self._post(*first)
        except Refused as refused:
            if refused.status != wrong_guess:
                raise
            self._post(*second)

    def remove_secret(self, realm: str, user: str) -> None:
        """Take a secret out of `storage/passwords`. It is no fault if there is none."""
        try:
            self._delete(f"storage/passwords/{quoted(secret_name(realm, user))}")
        except Refused as refused:
            if refused.status != 404:
                raise

    def create_input(self, name: str, settings: Mapping[str, str]) -> None:
        """Add an input. splunkd runs `--validate-arguments`, whose sentence comes back as Refused."""
        self._post(f"data/inputs/{SCHEME}", {"name": name, **settings})

    def edit_input(self, name: str, settings: Mapping[str, str]) -> None:
        """Change an input. splunkd validates it as a new one."""
        self._post(f"data/inputs/{SCHEME}/{quoted(name)}", settings)

    def switch_input(self, name: str, on: bool, scheme: str = SCHEME) -> None:
        """Enable or disable an input, of ours or of another scheme."""
        self._post(f"data/inputs/{scheme}/{quoted(name)}/{'enable' if on else 'disable'}", {})

    def delete_input(self, name: str) -> None:
        """Remove an input. Its checkpoints stay."""
        self._delete(f"data/inputs/{SCHEME}/{quoted(name)}")

    def _post(self, path: str, fields: Mapping[str, str]) -> None:
        self._write(self._context.post, binding.UrlEncoded(path, skip_encode=True), {"output_mode": "json", **fields})

    def _delete(self, path: str) -> None:
        self._write(self._context.delete, binding.UrlEncoded(path, skip_encode=True), {"output_mode": "json"})

    def _write(self, call: Any, path: binding.UrlEncoded, fields: Dict[str, str]) -> None:
        try:
            call(path, **fields)
        except binding.AuthenticationError:
            raise Refused(401, "your session has ended: log in again") from None
        except binding.HTTPError as error:
            raise Refused(error.status, words_of(error)) from None
        except (OSError, HTTPException) as error:
            sentence = (
                f"splunkd did not answer ({type(error).__name__}): look whether the change was made, then repeat it"
            )
            raise Unanswered(503, sentence) from None


def _may_write(entries: Optional[List[Dict[str, Any]]]) -> bool:
    acl = entries[0].get("acl") if entries else None
    return not isinstance(acl, dict) or bool(acl.get("can_write", True))


def words_of(error: binding.HTTPError) -> str:
    """The sentence in an answer that refuses something."""
    try:
        messages: List[Mapping[str, str]] = json.loads(error.body)["messages"]
        said: Tuple[str, ...] = tuple(str(message["text"]) for message in messages)
    except (ValueError, KeyError, TypeError):
        said = ()
    return tidy(" ".join(said), _SENTENCE_LIMIT) or f"splunkd answered {error.status} without a reason"
