"""All persistent scripts of the instance: read from restmap.conf at start, ended at stop."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.splunkd.inputs import invocation
from tests.splunkd.inputs.roster import Instance
from tests.splunkd.persistent import call
from tests.splunkd.persistent.child import Child
from tests.splunkd.persistent.script import Script, declared
from tests.splunkd.rest.persistent_endpoint import METHODS, PersistentEndpoint
from tests.splunkd.rest.router import Router


class Scripts:
    """Made with nothing running: a process starts with the first request to one of its scripts."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._children: dict[frozenset[tuple[str, str]], Child] = {}
        self._by_name: dict[str, Child] = {}

    def mount(self, router: Router) -> None:
        """Serve what the apps declare."""
        for script in declared(self._instance.confs, self._complain):
            if script.driver not in self._children:
                self._children[script.driver] = self._child(script)
            child = self._by_name[script.name] = self._children[script.driver]
            endpoint = PersistentEndpoint(script, child, self._server, self._instance.sessions, self._complain)
            router.add(script.match, endpoint, METHODS, for_all=script.for_all)

    def stop(self) -> None:
        """End them all, at once."""
        with ThreadPoolExecutor(max_workers=max(len(self._children), 1)) as pool:
            list(pool.map(Child.stop, self._children.values()))

    def told(self) -> dict[str, int | None]:
        """The pid of each, None where nobody asked it yet or it died."""
        return {name: child.pid() for name, child in self._by_name.items()}

    def _child(self, script: Script) -> Child:
        instance = self._instance
        environment = invocation.environment(instance.home.root, instance.env)
        return Child(instance.python, {**environment, **script.driver_environment}, instance.journal)

    def _server(self) -> call.Server:
        return call.Server(self._instance.server_uri(), self._instance.server_host, self._instance.home.guid())

    def _complain(self, text: str) -> None:
        self._instance.journal.write("ERROR", "PersistentScript", text)
