"""The secrets that the add-on keeps in `storage/passwords`, each with the mark that says where it may go.

Rules: each secret has a realm and a user of its own (realm `TA_falcon_event_streams#account#<name>`, user
`client_secret`; for a proxy `...#proxy` or `...#proxy#<name>`, user `password`; for a shared KV store
`...#checkpoint`, user `token`). Its mark (`core/destination.py`) is in the same realm, user `<user>_destination`. A
secret that was entered for another address is not handed out. A secret without a mark of its own is handed out, and
`adopt` may store its mark (decision record 0015).
"""

from __future__ import annotations

from typing import Callable, Mapping, NamedTuple, Optional, Tuple

from falcon_streams.core.destination import Verdict, judge, mark_of
from falcon_streams.errors import Fatal, Undecipherable
from falcon_streams.splunk.splunkd import APP, Splunkd


class StoredSecret(NamedTuple):
    """One secret: its realm and user, its stanza, its name within a sentence, its tab on the Configuration page, and
    the settings of the stanza that say where it goes. Its field in a form has the name of the user."""

    realm: str
    user: str
    stanza: str
    what: str
    tab: str
    sent_to: Tuple[str, ...]

    @property
    def mark_user(self) -> str:
        """The user under which the mark is stored."""
        return f"{self.user}_destination"

    def destination(self, values: Mapping[str, object]) -> Mapping[str, object]:
        """Where it goes, according to these values of its stanza."""
        return {setting: values.get(setting) for setting in self.sent_to}

    def mark(self, secret: str, values: Mapping[str, object]) -> str:
        """The mark of a secret that goes where these values say."""
        return mark_of(secret, self.destination(values))

    def read(self, splunkd: Splunkd) -> Optional[str]:
        """The secret, None if there is none. Raises Undecipherable with one sentence."""
        return self._read(splunkd, self.user)

    def judge(self, splunkd: Splunkd, secret: str, values: Mapping[str, object]) -> Verdict:
        """Whether the stored secret was entered for where these values say. Raises Undecipherable with one sentence."""
        return judge(self._read(splunkd, self.mark_user), secret, self.destination(values))

    def read_for(self, splunkd: Splunkd, values: Mapping[str, object], adopt: Adopt) -> Optional[str]:
        """The secret, to be sent where these values say. Raises Fatal if it was entered for another address."""
        secret = self.read(splunkd)
        if not secret:
            return None
        verdict = self.judge(splunkd, secret, values)
        if verdict is Verdict.ELSEWHERE:
            raise Fatal(self.elsewhere)
        if verdict is Verdict.UNKNOWN:
            adopt(self, self.mark(secret, values))
        return secret

    @property
    def elsewhere(self) -> str:
        """The sentence for a secret that was entered for another address."""
        return (
            f"{self.what} was entered for another address: enter it again on the Configuration page, under {self.tab}"
        )

    def _read(self, splunkd: Splunkd, user: str) -> Optional[str]:
        try:
            return splunkd.secret(self.realm, user)
        except Undecipherable as error:
            raise Undecipherable(
                f"splunkd cannot decrypt {self.what} ({error}): it was stored under another splunk.secret or on "
                f"another machine. Enter it again on the Configuration page, under {self.tab}, or store it again in "
                f"storage/passwords under realm {self.realm}, user {user}",
                status=error.status,
            ) from None


Adopt = Callable[[StoredSecret, str], None]
"""Gets a secret without a mark of its own, and the mark to store for it."""


def leave_unmarked(stored: StoredSecret, mark: str) -> None:
    """An `Adopt` for callers that must not write."""


def client_secret(account: str) -> StoredSecret:
    """The secret of an account's API client."""
    sent_to = ("cloud", "base_url", "allowed_domains", "proxy", "ca_bundle")
    what = f"the secret of account {account}"
    return StoredSecret(f"{APP}#account#{account}", "client_secret", account, what, "Accounts", sent_to)


def proxy_password(proxy: str = "") -> StoredSecret:
    """The password of a proxy; the stanza `[proxy]` has no name."""
    realm, stanza = (f"{APP}#proxy#{proxy}", f"proxy:{proxy}") if proxy else (f"{APP}#proxy", "proxy")
    sent_to = ("username", "type", "host", "port")
    return StoredSecret(realm, "password", stanza, f"the password of [{stanza}]", "Proxy", sent_to)


def checkpoint_token() -> StoredSecret:
    """The token of a shared KV store."""
    sent_to = ("management_uri", "ca_bundle")
    return StoredSecret(
        f"{APP}#checkpoint", "token", "checkpoint", "the token of [checkpoint]", "Shared checkpoints", sent_to
    )
