"""All modular inputs of the instance: registered schemes, and a schedule for each enabled stanza.

Rules (Splunk platform reference 1.1, 1.3, 1.4): schemes are introspected at start; every enabled stanza of a registered
scheme runs, one process each; a stanza's settings are `[default]`, the scheme's stanza and its own, layered; a changed
stanza is stopped and, if enabled, started anew. Single-instance schemes and `streaming_mode = simple` are registered
but not run, and splunkd.log says so.
"""

from __future__ import annotations

import dataclasses
import subprocess
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

from tests.splunkd.captures import Captures
from tests.splunkd.conf.layers import Confs
from tests.splunkd.home import Home
from tests.splunkd.inputs import invocation
from tests.splunkd.inputs.documents import Surroundings, render_input
from tests.splunkd.inputs.outlet import Outlet, Throttle
from tests.splunkd.inputs.run import Launch, Run
from tests.splunkd.inputs.schedule import Schedule
from tests.splunkd.inputs.scheme import Scheme, SchemeRefused, introspect, offered
from tests.splunkd.intake.index import Index
from tests.splunkd.intake.pipeline import Pipeline
from tests.splunkd.intake.rules import Rules
from tests.splunkd.journal import Journal
from tests.splunkd.rest.sessions import Sessions
from tests.splunkd.switches import Switches


@dataclasses.dataclass(frozen=True)
class Instance:
    """The parts of splunkd that an input touches."""

    home: Home
    confs: Confs
    journal: Journal
    switches: Switches
    sessions: Sessions
    index: Index
    rules: Rules
    python: str
    env: Mapping[str, str]
    server_host: str
    server_uri: Callable[[], str]
    captures: Captures


class Roster:
    """Safe to share among threads; changes to one stanza follow one another."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._lock = threading.Lock()
        self._stanza_locks: dict[str, threading.RLock] = {}
        self._schedules: dict[str, Schedule] = {}
        self._throttles: dict[str, Throttle] = {}
        self._runs: dict[str, list[Run]] = {}
        self._stopped = False
        self.schemes: dict[str, Scheme] = {}

    def introspect(self) -> None:
        """Register what the apps offer."""
        for app in self._instance.confs.apps():
            app_dir = self._instance.confs.app_home(app)
            for name, declared in offered(app_dir).items():
                try:
                    answer = self._run_scheme(name, app)
                    self.schemes[name] = introspect(name, app, declared, answer)
                except (SchemeRefused, OSError, subprocess.TimeoutExpired) as error:
                    self._complain("ModularInputs", str(error))
                    self._complain(
                        "ModularInputs",
                        f'Unable to initialize modular input "{name}" defined in the app "{app}": {error}.',
                    )

    def start(self) -> None:
        """Run every enabled stanza."""
        for scheme in self.schemes:
            for stanza in self.stanzas(scheme):
                self.refresh(stanza)

    def stop(self) -> None:
        """Stop every input, all at once, and start none any more."""
        with self._lock:
            self._stopped = True
            stanzas = list(self._schedules)
        with ThreadPoolExecutor(max_workers=max(len(stanzas), 1)) as pool:
            list(pool.map(self._halt, stanzas))

    def stanzas(self, scheme: str) -> list[str]:
        """The whole names of a scheme's stanzas."""
        return [name for name in self._instance.confs.merged("inputs") if name.startswith(f"{scheme}://")]

    def settings(self, stanza: str) -> dict[str, str] | None:
        """A stanza's settings as they add up, None where there is no such stanza."""
        own = self._instance.confs.own("inputs", stanza)
        if own is None:
            return None
        return {**self._instance.confs.inherited("inputs", stanza.partition("://")[0]), **own}

    def refresh(self, stanza: str) -> None:
        """Stop a stanza's process and, where it is enabled, run it with its present settings."""
        with self._stanza_lock(stanza):
            self._halt(stanza)
            settings = self.settings(stanza)
            if settings is None or is_disabled(settings) or not self._runs_here(stanza):
                return
            throttle = self.throttle(stanza)
            schedule = Schedule(
                stanza,
                settings,
                self._runs.setdefault(stanza, []),
                lambda: self._launch(stanza, settings, throttle),
                self._retire,
                lambda text: self._complain("ExecProcessor", text),
            )
            with self._lock:
                if self._stopped:
                    return
                self._schedules[stanza] = schedule
            schedule.start()

    def schedule(self, stanza: str) -> Schedule | None:
        """The schedule of an enabled stanza."""
        with self._lock:
            return self._schedules.get(stanza)

    def throttle(self, stanza: str) -> Throttle:
        """How fast a stanza's stdout is read, now and in runs to come."""
        with self._lock:
            return self._throttles.setdefault(stanza, Throttle())

    def surroundings(self, scheme: str, session_key: str) -> Surroundings:
        return Surroundings(
            self._instance.server_host,
            self._instance.server_uri(),
            session_key,
            self._instance.home.checkpoint_dir(scheme),
        )

    def told(self) -> dict[str, Any]:
        """Every stanza that ever ran here, with all its runs that are remembered."""
        with self._lock:
            stanzas = list(self._runs)
        return {stanza: self._tell(stanza) for stanza in stanzas}

    def _halt(self, stanza: str) -> None:
        with self._stanza_lock(stanza):
            schedule = self._schedules.get(stanza)
            if schedule is None:
                return
            schedule.stop(self._instance.switches.grace_s)
            with self._lock:  # not before: whoever asks sees the process until it has gone
                self._schedules.pop(stanza, None)

    def _tell(self, stanza: str) -> dict[str, Any]:
        schedule = self.schedule(stanza)
        run = schedule.current() if schedule else None
        throttle = self.throttle(stanza)
        return {
            "scheduled": schedule is not None,
            "pid": run.pid if run else None,
            "session_key": run.session_key if run else None,
            "paused": throttle.paused,
            "bytes_per_second": throttle.bytes_per_second,
            "settings": schedule.settings if schedule else {},
            "runs": [run.told() for run in self._runs[stanza]],
        }

    def _launch(self, stanza: str, settings: Mapping[str, str], throttle: Throttle) -> Run:
        instance = self._instance
        scheme = self.schemes[stanza.partition("://")[0]]
        app = instance.confs.owner("inputs", stanza)
        session = instance.sessions.open_for_input(stanza)
        file_name = stanza.replace("/", "_")
        outlet = Outlet(instance.switches.stdout_kind, throttle, instance.home.run / f"{file_name}.stdout")
        launch = Launch(
            stanza=stanza,
            script=invocation.command(instance.python, instance.confs.app_home(scheme.app), scheme.name),
            shell=is_true(settings.get("start_by_shell", "true")),
            environment=invocation.environment(instance.home.root, instance.env),
            document=instance.switches.stdin_text.encode()
            or render_input(self.surroundings(scheme.name, session.key), stanza, app, settings),
        )
        pipeline = Pipeline(
            instance.rules, stanza, settings, instance.server_host, lambda text: self._complain("ModularInputs", text)
        )
        run = Run(
            launch,
            outlet,
            pipeline,
            instance.index,
            instance.journal,
            instance.switches,
            instance.captures,
            session.key,
        )
        instance.journal.write("INFO", "ExecProcessor", f"{stanza} pid={run.pid} started")
        return run

    def _retire(self, run: Run) -> None:
        self._instance.sessions.revoke(run.session_key)

    def _run_scheme(self, name: str, app: str) -> subprocess.CompletedProcess[bytes]:
        instance = self._instance
        app_dir = instance.confs.app_home(app)
        answer = invocation.run_scheme(instance.python, app_dir, scheme=name, home=instance.home.root, env=instance.env)
        instance.captures.keep(f"{name}.scheme", answer)
        for line in answer.stderr.decode("utf-8", "backslashreplace").splitlines():
            self._complain("ModularInputs", f"<stderr> Introspecting scheme={name}: {line}")
        return answer

    def _runs_here(self, stanza: str) -> bool:
        scheme = self.schemes.get(stanza.partition("://")[0])
        if scheme is None:
            return False
        if scheme.use_single_instance or scheme.streaming_mode != "xml":
            self._complain("ModularInputs", f"{stanza} is not run: this stand-in does one XML stream per stanza only")
            return False
        return True

    def _stanza_lock(self, stanza: str) -> threading.RLock:
        with self._lock:
            return self._stanza_locks.setdefault(stanza, threading.RLock())

    def _complain(self, component: str, text: str) -> None:
        self._instance.journal.write("ERROR", component, text)


def is_disabled(settings: Mapping[str, str]) -> bool:
    return is_true(settings.get("disabled", "0"))


def is_true(text: str) -> bool:
    return text.lower() in ("1", "true")
