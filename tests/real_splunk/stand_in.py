"""The stand-in as an `Instance`: `tests.splunkd` for REST and index time, `tests.searchtime` for search time.

Rules: a search sees what the stand-in's index holds and what the inputs' log files say, under the conf files of the
installed app; `tests.knowledge.pipeline` carries it out, and refuses what it does not know.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from tests.emulator import EmulatorProcess
from tests.emulator.process import call
from tests.knowledge import pipeline
from tests.real_splunk import page_command
from tests.real_splunk.instance import APP, PROBE, Falcon, Row
from tests.searchtime import Event, Knowledge, SearchTime
from tests.splunkd import Splunkd
from tests.splunkd.journal import LogLine
from tests.splunkd.rest_client import Reply

_PASSWORD = "changed-at-once"
_PAIR = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_Seen = tuple[dict[str, list[str]], list[str], list[str]]


class EmulatedFalcon:
    """The emulator in a process of its own."""

    def __init__(self) -> None:
        self._process = EmulatorProcess(partitions=2, lock=0.2, linger=0.1)

    @property
    def address(self) -> dict[str, Any]:
        return self._process.address

    def pull(self, lever: str, /, **arguments: Any) -> Any:
        return call(self.address["control"], lever, arguments)

    def stop(self) -> None:
        self._process.stop()


class StandIn:
    """Runs when made; `close` ends it."""

    name = "the stand-in"
    real = False

    def __init__(self, folder: Path, package: Path, python: str) -> None:
        self._emulator = EmulatedFalcon()
        self.falcon: Falcon = self._emulator
        shutil.copytree(PROBE, folder / "home" / "etc" / "apps" / "falcon_probe")
        switches = {"grace_s": 2}
        self._splunkd = Splunkd(folder / "home", package, python, password=_PASSWORD, switches=switches)
        self._seen: dict[int, _Seen] = {}
        try:
            self._splunkd.start()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._splunkd.close()
        self._emulator.stop()

    def request(self, method: str, path: str, /, **fields: Any) -> Reply:
        return self._splunkd.request(method, f"/servicesNS/nobody/{APP}/{path}", **fields)

    def search(self, text: str) -> list[Row]:
        knowledge = Knowledge.load(self._splunkd.app_home)
        words = text[len("search ") :] if text.startswith("search ") else text
        seen = [*self._events(knowledge), *self._log_lines()]
        return cast("list[Row]", pipeline.run(words, seen, knowledge.macros))

    def splunkd_log(self) -> Iterable[LogLine]:
        return self._splunkd.logs()

    def kill(self) -> None:
        self._splunkd.kill()

    def start(self) -> None:
        self._splunkd.start()

    def restart(self) -> None:
        self._splunkd.restart()

    def run(self, command: str, secret: str) -> str:
        told = self._splunkd.told
        login = f"{told['username']}:{told['password']}"
        ca_file = self._splunkd.ca_file
        variables = page_command.variables(self._splunkd.port, ca_file, login, APP, self.falcon.address)
        return page_command.run(command, variables, secret)

    def splunk(self, *arguments: str) -> str:
        raise NotImplementedError(f"the stand-in has no bin/splunk: {' '.join(arguments)}")

    def _events(self, knowledge: Knowledge) -> Iterator[_Seen]:
        searching = SearchTime(knowledge)
        for row in reversed(self._splunkd.events()):
            if row.seq in self._seen:
                yield self._seen[row.seq]
                continue
            event = Event(
                row.raw,
                sourcetype=row.sourcetype,
                source=row.source,
                host=row.host,
                index=row.index,
                time=row.time,
                fields=json.loads(row.fields),
            )
            result = searching.evaluate(event)
            self._seen[row.seq] = (result.fields, result.eventtypes, result.tags)
            yield self._seen[row.seq]

    def _log_lines(self) -> Iterator[_Seen]:
        for path in sorted((self._splunkd.home / "var" / "log" / "splunk").glob("falcon_event_streams_*.log")):
            for line in reversed(path.read_text(encoding="utf-8").splitlines()):
                time = datetime.fromisoformat(line.split(" ", 1)[0]).timestamp()
                fields = {name: [quoted or plain] for name, quoted, plain in _PAIR.findall(line)}
                fields.update(_time=[f"{time:.3f}"], index=["_internal"], sourcetype=["falcon:event_streams:log"])
                yield {**fields, "_raw": [line]}, [], []
