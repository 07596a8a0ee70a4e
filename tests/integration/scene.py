"""A Falcon tenant and a splunkd with the built package, joined by an account: where most integration tests begin."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.emulator import Emulator
from tests.integration import leaks
from tests.integration.comparison import Comparison, compare
from tests.splunkd import Splunkd

ACCOUNT_CONF = "falcon_event_streams_account"
REALM = "TA_falcon_event_streams#account#{}"
INPUT = "main"
PATIENCE = 60.0  # a machine with other work to do takes twenty times as long as a quiet one


class Scene:
    """An emulator, a stand-in, an account `prod` that joins them; `begin` makes an input. A context manager."""

    def __init__(
        self,
        folder: Path,
        package: Path,
        *,
        python: str = sys.executable,
        switches: Mapping[str, Any] | None = None,
        server_info: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        users: Sequence[tuple[str, str, str]] = (),
        web: bool = False,
        studio: Path | None = None,
        answers: Path | None = None,
        account: bool = True,
        prefix: Sequence[str] = (),
        capture: bool = True,
        others: Sequence[Path] = (),
        indexes: Sequence[str] = (),
        **falcon: Any,
    ) -> None:
        self.falcon = Emulator(**falcon)
        self._with_account = account
        self.secrets: set[str] = set()
        self.splunkd = Splunkd(
            folder / "home",
            package,
            python,
            switches=switches,
            server_info=server_info,
            env=env,
            users=users,
            web=web,
            studio=studio,
            answers=answers,
            prefix=prefix,
            capture=capture,
            others=others,
            indexes=indexes,
        )

    def __enter__(self) -> Scene:
        self.falcon.start()
        self.secrets |= {self.falcon.client_secret}
        watch_tokens(self.falcon, self.secrets)
        try:
            self.splunkd.start()
            if self._with_account:
                self.add_account()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *problem: object) -> None:
        self.splunkd.close()
        self.falcon.stop()
        found = self.leaks()
        assert not found, f"secrets stand in {found}"

    def leaks(self) -> list[str]:
        """Where one of Falcon's secrets stands in what was written."""
        files = ((path, data) for path, data in self.splunkd.every_byte() if "stand-in-passwords" not in path.name)
        return list(leaks.find(self.secrets, files))

    def add_account(self, name: str = "prod", **settings: str) -> None:
        """An account of the tenant, with its secret."""
        address = self.falcon.address()
        known = {"cloud": "custom", "base_url": address["api"], "client_id": address["client_id"]}
        known["ca_bundle"] = address["ca_file"]
        self.splunkd.create_conf_stanza(ACCOUNT_CONF, name, **{**known, **settings})
        self.splunkd.create_password(REALM.format(name), "client_secret", address["client_secret"])

    def begin(self, name: str = INPUT, **settings: str) -> None:
        """An input; it runs at once."""
        self.splunkd.create_input(name, **{"account": "prod", "app_id": f"app{name}", "interval": "1", **settings})

    def stop(self, name: str = INPUT) -> None:
        """Stop the input and wait until it has ended."""
        self.splunkd.disable_input(name)

    def resume(self, name: str = INPUT) -> None:
        """Start it again."""
        self.splunkd.enable_input(name)

    def compare(self) -> Comparison:
        """The ledger check, now."""
        return compare(self.falcon.ledger(), self.splunkd.events())

    def wait_until_all_arrived(self, timeout: float = PATIENCE) -> Comparison:
        """Wait until nothing is missing; the ledger check."""
        wanted = sum(len(entries) for entries in self.falcon.ledger().values())
        self.wait(lambda: self.splunkd.count() >= wanted, timeout, f"{wanted} events")
        self.wait(lambda: self.compare().missing == 0, timeout, "nothing missing")
        return self.compare()

    def wait(self, predicate: Callable[[], Any], timeout: float = PATIENCE, what: str = "") -> Any:
        """Wait for something; AssertionError, with the input's log, when time is up."""
        try:
            return self.splunkd.wait_for(predicate, timeout, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()[-3000:]}") from None

    def log(self, name: str = INPUT) -> str:
        """The input's log file."""
        path = self.splunkd.home / "var" / "log" / "splunk" / f"falcon_event_streams_{name}.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def says(self, text: str, name: str = INPUT, timeout: float = PATIENCE) -> None:
        """Wait until the input's log has this text."""
        self.wait(lambda: text in self.log(name), timeout, text)

    def wait_until_open(self, feeds: int = 2, timeout: float = PATIENCE) -> None:
        """Wait until Falcon serves so many feeds."""
        self.wait(lambda: len(self.falcon.connections()) == feeds, timeout, f"{feeds} open feeds")

    def wait_for_checkpoints(self, partitions: int = 2) -> None:
        """Wait until so many partitions have been committed once at least."""
        self.wait(lambda: len(self.checkpoints()) == partitions, PATIENCE, f"{partitions} checkpoints")

    def checkpoints(self, name: str = INPUT) -> list[Path]:
        """The input's checkpoint files."""
        folder = self.splunkd.home / "var" / "lib" / "splunk" / "modinputs" / "falcon_event_streams"
        return sorted(folder.glob(f"{name}-*/partition-*.json"))

    def committed(self, name: str = INPUT) -> dict[str, int]:
        """The committed offset of each partition that has one."""
        records = [json.loads(path.read_bytes()) for path in self.checkpoints(name)]
        return {record["partition"]: record["offset"] for record in records if record["offset"] is not None}

    def wait_until_committed(self, name: str = INPUT, timeout: float = PATIENCE) -> None:
        """Wait until everything that was published has been committed."""

        def done() -> bool:
            latest = {partition: entries[-1][0] for partition, entries in self.falcon.ledger().items() if entries}
            return self.committed(name) == latest

        self.wait(done, timeout, "all committed")


def watch_tokens(falcon: Emulator, secrets: set[str]) -> None:
    """Note every token and secret that the emulator gives out from now on."""
    tokens = falcon.tenant.tokens
    mint_bearer, mint_pass, rotate = tokens.mint_bearer, tokens.mint_pass, falcon.rotate_secret

    def noting_bearer(*arguments: Any) -> str:
        token = mint_bearer(*arguments)
        secrets.add(token)
        return token

    def noting_pass(*arguments: Any) -> tuple[str, float]:
        token, expires = mint_pass(*arguments)
        secrets.add(token)
        return token, expires

    def noting_secret(*arguments: Any, **options: Any) -> str:
        secret = rotate(*arguments, **options)
        secrets.add(secret)
        return secret

    tokens.mint_bearer = noting_bearer  # type: ignore[method-assign,assignment]
    tokens.mint_pass = noting_pass  # type: ignore[method-assign,assignment]
    falcon.rotate_secret = noting_secret  # type: ignore[method-assign]
