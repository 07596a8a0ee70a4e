"""Where the contenders run: the emulator for discovery and tokens, splunkd's stand-in for its REST side, the source.

Rules: the stand-ins idle while something is measured. Our input is the real script of the built package, started as
splunkd starts it, its stdout a FIFO; its feeds are led to the source by what discovery says. Only for the plain rows is
its entry another one: it takes TLS off the way to the source (falcon accepts https only) and touches nothing else.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Dict, List, Mapping, Optional, Type

from tests.bench.meters import OUR_CORES
from tests.bench.source import Source
from tests.emulator import EmulatorProcess
from tests.splunkd import Splunkd
from tests.splunkd.inputs.documents import Surroundings, render_input
from tests.splunkd.inputs.invocation import command, environment
from tools.package import unpack

SCHEME = "falcon_event_streams"
READERS = Path(__file__).parent / "readers"
MOST_PARTITIONS = 16
PINNED = ["taskset", "-c", ",".join(map(str, OUR_CORES))]
PLAIN = """
from falcon_streams.falcon import transport
from requests.adapters import HTTPAdapter

class _WithoutTls(HTTPAdapter):
    def send(self, request, **options):
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, **options)

_session = transport.Transport.session

def session(self, url):
    made = _session(self, url)
    made.mount("https://127.0.0.1:{port}/", _WithoutTls())
    return made

transport.Transport.session = session
"""


class Stage:
    """The stand-ins, the source, and the app in two forms. A context manager."""

    def __init__(self, folder: Path, package: Path, tls: bool, **options: Any) -> None:
        """`options` are the emulator's."""
        self.folder = folder
        self.tls = tls
        folder.mkdir(parents=True)
        self.ca_dir = folder / "ca"
        usual: Dict[str, Any] = {"partitions": MOST_PARTITIONS, "rate_limits": False, "heartbeat": 5.0}
        self.emulator = EmulatorProcess(ca_dir=str(self.ca_dir), **{**usual, **options})
        self.splunkd = Splunkd(folder / "home", package, capture=False)
        self._package = package
        self._runs = 0

    def __enter__(self) -> Stage:
        self.splunkd.start()
        self.source = Source(self.ca_dir if self.tls else None)
        scheme = "https" if self.tls else "http"
        self.feed_url = f"{scheme}://127.0.0.1:{self.source.port}/feed/0?appId=x"
        self.ca_file = str(self.emulator.address["ca_file"])
        self.lead_feeds_to(self.source.port)
        self._add_account()
        self.app = unpack(self._package, self.folder / "app")
        if not self.tls:
            self._take_tls_off()
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.source.close()
        self.splunkd.close()
        self.emulator.stop()

    def compile(self, python: Path) -> None:
        """Let the app have its compiled files, as after its first start."""
        subprocess.run([str(python), "-m", "compileall", "-q", str(self.app)], check=True)

    def fifo(self) -> Path:
        """A new FIFO for a new run."""
        self._runs += 1
        path = self.folder / f"run{self._runs}"
        os.mkfifo(path)
        return path

    def start_ours(
        self,
        python: Path,
        fifo: Path,
        partitions: int = 1,
        pinned: bool = True,
        name: str = "",
        forwarder: str = "",
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> subprocess.Popen[bytes]:
        """Our input, as splunkd starts it, `pinned` to the contenders' core; by default its name is the FIFO's. Each
        `forwarder` has a folder of its own."""
        name = name or fifo.name
        wanted = ",".join(str(number) for number in range(partitions))
        usual = {"account": "bench", "app_id": name, "interval": "60", "partitions": wanted}
        checkpoints = self.folder / f"checkpoints{forwarder}" / SCHEME
        checkpoints.mkdir(parents=True, exist_ok=True)
        around = Surroundings("localhost", self.splunkd.management_uri, self.splunkd.session_key, checkpoints)
        words = command(str(python), self.app, SCHEME)
        process = self._start(PINNED + words if pinned else words, fifo, stdin=subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.write(render_input(around, f"{SCHEME}://{name}", self.app.name, {**usual, **settings}))
        process.stdin.close()
        return process

    def start_reader(self, name: str, python: Path, fifo: Path) -> subprocess.Popen[bytes]:
        """Another contender: `floor` or `textbook`."""
        return self.start_script(name, python, fifo, str(self.app / "lib"), self.feed_url, self.ca_file)

    def start_script(self, name: str, python: Path, fifo: Path, *arguments: str) -> subprocess.Popen[bytes]:
        """One of the readers, with these arguments."""
        return self._start([*PINNED, str(python), str(READERS / f"{name}.py"), *arguments], fifo)

    def log(self) -> str:
        """What our newest run logged, for an error's sake."""
        path = self.splunkd.home / "var" / "log" / "splunk" / f"{SCHEME}_run{self._runs}.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _start(self, words: List[str], fifo: Path, stdin: Optional[int] = None) -> subprocess.Popen[bytes]:
        with fifo.open("wb") as stdout, (self.folder / f"{fifo.name}.stderr").open("wb") as stderr:
            return subprocess.Popen(
                words,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=environment(self.splunkd.home),
                cwd="/",
            )

    def lead_feeds_to(self, port: int) -> None:
        """Have discovery name another port for all feeds."""
        urls = {
            str(number): {"dataFeedURL": f"https://127.0.0.1:{port}/feed/{number}?appId=x"}
            for number in range(MOST_PARTITIONS)
        }
        self.emulator.set_option("resource_override", urls)

    def _add_account(self) -> None:
        address = self.emulator.address
        self.splunkd.create_conf_stanza(
            "falcon_event_streams_account",
            "bench",
            cloud="custom",
            base_url=address["api"],
            client_id=address["client_id"],
            ca_bundle=self.ca_file,
        )
        self.splunkd.create_password("TA_falcon_event_streams#account#bench", "client_secret", address["client_secret"])

    def _take_tls_off(self) -> None:
        script = self.app / "bin" / f"{SCHEME}.py"
        text = script.read_text(encoding="utf-8")
        before, after = text.split("from falcon_streams import app\n")
        script.write_text(f"{before}from falcon_streams import app\n{PLAIN.format(port=self.source.port)}{after}")
