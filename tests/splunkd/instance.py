"""The stand-in put together: one splunkd from start to stop.

Order of a start: home and apps, REST, splunkweb, the check of the apps' conf files, schemes, inputs. Order of a stop:
splunkweb, inputs and persistent scripts (they may still ask REST), index, REST.
"""

from __future__ import annotations

import threading
from typing import Any

from tests.splunkd.captures import Captures
from tests.splunkd.conf import check
from tests.splunkd.conf.layers import Confs
from tests.splunkd.home import Home
from tests.splunkd.inputs.changes import Changes
from tests.splunkd.inputs.roster import Instance, Roster
from tests.splunkd.intake.index import Index
from tests.splunkd.intake.rules import Rules
from tests.splunkd.journal import Journal
from tests.splunkd.kvstore import endpoint as kvstore
from tests.splunkd.kvstore.documents import Documents
from tests.splunkd.options import Options
from tests.splunkd.persistent.scripts import Scripts
from tests.splunkd.rest.certificates import make_certificate
from tests.splunkd.rest.confs_endpoint import ConfsEndpoint, PropertiesEndpoint
from tests.splunkd.rest.credentials import Credentials
from tests.splunkd.rest.inputs_endpoint import InputsEndpoint, KindsEndpoint
from tests.splunkd.rest.instance_endpoints import (
    AppsEndpoint,
    ContextEndpoint,
    IndexesEndpoint,
    InfoEndpoint,
    QueuesEndpoint,
    TimesEndpoint,
)
from tests.splunkd.rest.newest_events import newest_events
from tests.splunkd.rest.passwords_endpoint import PasswordsEndpoint
from tests.splunkd.rest.reception import Reception
from tests.splunkd.rest.router import Router
from tests.splunkd.rest.search_endpoint import SearchEndpoint, app_build, stored
from tests.splunkd.rest.server import Server
from tests.splunkd.rest.sessions import ADMIN_CAPABILITIES, Sessions
from tests.splunkd.rest.stand_in_endpoint import StandInEndpoint
from tests.splunkd.rest.tokens_endpoint import TokensEndpoint
from tests.splunkd.web.exposure import Exposure
from tests.splunkd.web.login import Login
from tests.splunkd.web.proxy import Proxy
from tests.splunkd.web.server import WebServer
from tests.splunkd.web.site import Site


class StandIn:
    """Made ready to serve; `start` runs the inputs."""

    def __init__(self, options: Options) -> None:
        home = Home(options.home)
        self._home = home
        self._options = options
        self._apps = [home.install(package) for package in options.packages]
        self._journal = Journal(home.log / "splunkd.log")
        self._confs = confs = Confs(home.root)
        indexes = IndexesEndpoint(confs)
        for name in set(options.indexes) - indexes.names():
            confs.set("indexes", "system", name, {})
        sessions = Sessions(home.etc / "passwd")
        self._add_users(sessions)
        self._index = Index(
            home.index_file,
            indexes.names,
            lambda text: self._journal.write("WARN", "IndexProcessor", text),
            options.switches.flush_seconds,
            options.switches.hold_seconds,
        )
        self._authority, certificate = make_certificate(home.etc / "auth", options.certificate_names)
        router = Router(sessions, confs.is_disabled)
        reception = Reception(router, options.switches)
        self._server = Server(options.port, certificate, reception, home.log / "splunkd_access.log")
        self._web = self._site(confs, sessions, reception) if options.web else None
        instance = Instance(
            home=home,
            confs=confs,
            journal=self._journal,
            switches=options.switches,
            sessions=sessions,
            index=self._index,
            rules=Rules(confs, lambda text: self._journal.write("ERROR", "ConfigWatcher", text)),
            python=options.python,
            env=options.env,
            server_host=options.server_host,
            server_uri=lambda: self._server.uri,
            captures=Captures(home.captures if options.capture else None),
        )
        self._roster = Roster(instance)
        self._scripts = Scripts(instance)
        changes = Changes(instance, self._roster)
        info = InfoEndpoint(options.server_host, home.guid(), home.start_time(), options.server_info)
        router.add("server/info", info)
        router.add("server/introspection/queues", QueuesEndpoint(options.switches.queue_fill, info.in_cloud))
        router.add("apps/local", AppsEndpoint(confs))
        router.add("authentication/current-context", ContextEndpoint())
        router.add("configs", ConfsEndpoint(confs))
        router.add("properties", PropertiesEndpoint(confs))
        router.add("data/indexes", indexes)
        router.add("data/ui/times", TimesEndpoint())
        router.add("data/inputs", InputsEndpoint(confs, self._roster, changes, options.server_host))
        router.add("data/modular-inputs", KindsEndpoint(self._roster))
        searches = SearchEndpoint([app_build(confs), newest_events(home.index_file), stored(options.answers)])
        router.add("search/jobs", searches)
        router.add("search/v2/jobs", searches)
        documents = Documents(home.documents_file)
        router.add(kvstore.CONFIG, kvstore.ConfigEndpoint(confs), ("GET", "POST"))
        router.add(kvstore.DATA, kvstore.DataEndpoint(confs, documents))
        router.add("stand-in/tokens", TokensEndpoint(confs, sessions), ("POST", "DELETE"))
        router.add("storage/passwords", PasswordsEndpoint(Credentials(confs, home.secret()), options.switches))
        router.add(
            "stand-in", StandInEndpoint(self._roster, self._index, sessions, options.switches, info, self._scripts.told)
        )
        self._scripts.mount(router)

    def start(self) -> dict[str, Any]:
        """Serve and run the inputs; what whoever started it wants to know."""
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="rest", daemon=True).start()
        if self._web is not None:
            threading.Thread(target=self._web.serve_forever, args=(0.1,), name="web", daemon=True).start()
        self._journal.write("INFO", "loader", "Splunkd starting (stand-in).")
        for app in self._confs.apps():
            for complaint in check.complaints(self._confs.app_home(app)):
                self._journal.write("WARN", "btool", complaint)
        self._roster.introspect()
        self._roster.start()
        told = {
            "management_uri": self._server.uri,
            "ca_file": str(self._authority),
            "username": self._options.username,
            "password": self._options.password,
            "home": str(self._home.root),
            "apps": self._apps,
            "schemes": sorted(self._roster.schemes),
            "index_file": str(self._home.index_file),
        }
        return told if self._web is None else {**told, "web_uri": self._web.uri}

    def stop(self) -> None:
        self._journal.write("INFO", "loader", "Shutting down splunkd (stand-in).")
        if self._web is not None:
            self._web.shutdown()
            self._web.server_close()
        self._roster.stop()
        self._scripts.stop()
        self._index.close()
        self._server.shutdown()
        self._server.server_close()

    def _site(self, confs: Confs, sessions: Sessions, reception: Reception) -> WebServer:
        login = Login(sessions)
        proxy = Proxy(reception, Exposure(confs), login)
        return WebServer(
            self._options.web_port, Site(confs, login, proxy, self._options.switches, self._options.studio)
        )

    def _add_users(self, sessions: Sessions) -> None:
        if not sessions.knows(self._options.username):
            sessions.add_user(self._options.username, self._options.password, ADMIN_CAPABILITIES)
        for name, password, capabilities in self._options.users:
            sessions.add_user(name, password, [part for part in capabilities.split(",") if part])
