"""A provider's day, as an admin lives it: an account, a plan for all children, one input, a customer more, one fewer, a
new secret.

Rules: everything that an admin does goes through the pages' endpoints. Input and emulator live as fast as the scene
says, because Flight Control is asked every 15 minutes. Each step says what was done and what came of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.integration.comparison import Comparison
from tests.integration.family_ledger import Place, await_family, compare_family, misrouted
from tests.integration.page_calls import ACCOUNT, INPUT, TENANTS_APPLY, TENANTS_PLAN, Caller, good_account
from tests.integration.scene import Scene

NAME = "children"
PATIENCE = 240.0
SINCE_THE_PLAN = "Planned Later"
INDEXES = "/servicesNS/nobody/search/data/indexes"
OTHERS = Place("main", None)


class Outcome(NamedTuple):
    """What came of the day; `comparison` is the ledger check of all tenants in the end."""

    comparison: Comparison
    astray: int
    crossings: int
    violations: int
    processes: int

    @property
    def holds(self) -> bool:
        """Whether every event is in its tenant's index once, in one process, by its own token."""
        return self.comparison.holds and (self.astray, self.crossings, self.violations, self.processes) == (0, 0, 0, 1)

    def __str__(self) -> str:
        return (
            f"{self.comparison}\n{self.astray} events astray, {self.crossings} tokens that crossed over, "
            f"{self.violations} second feeds, {self.processes} process of the input"
        )


class Day:
    """One provider."""

    def __init__(self, scene: Scene, say: Callable[[str], None]) -> None:
        self.scene = scene
        self.say = say
        self.admin = Caller(scene)
        self.places: dict[str, Place] = {}

    def live(self) -> Outcome:
        """The whole day."""
        self.add_account()
        self.plan_and_apply()
        self.read_all()
        self.gain_a_customer()
        self.lose_a_customer()
        self.rotate_the_secret()
        return self.judge()

    def add_account(self) -> None:
        """The parent's account."""
        self.ask("account", ACCOUNT, name="prod", **good_account(self.scene))

    def plan_and_apply(self) -> None:
        """Every child that Flight Control lists gets a name and an index."""
        form = {"source": "flight_control", "account": "prod", "index": "falcon_{name}"}
        plan = self.ask("plan", TENANTS_PLAN, **form)["plan"]
        self.say(f"  {_counted(plan)}; {len(plan['missing_indexes'])} indexes are missing: they are created")
        for name in plan["missing_indexes"]:
            self.scene.splunkd.post(INDEXES, name=name)
        left = 1
        while left:
            done = self.ask("apply", TENANTS_APPLY, hash=plan["hash"], **form)["apply"]
            left = done["left"]
            results = Counter(row["result"] for row in done["tenants"])
            self.say(f"  {dict(results)}, {left} left")
        self.places.update(
            {row["cid"]: Place(row["index"], row["name"]) for row in plan["tenants"] if row["action"] == "create"}
        )

    def read_all(self) -> None:
        """One input for all of them."""
        self.ask("input", INPUT, name=NAME, account="prod", tenants="children", idle_timeout="600", app_id="provider")
        self.await_all(f"{len(self.scene.falcon.cids())} children")

    def gain_a_customer(self) -> None:
        """A child is new at Falcon, gets its stanza by the same plan, and is read without a restart."""
        scene = self.scene
        cid = scene.falcon.add_child(name=SINCE_THE_PLAN)
        self.say(f"Falcon: {SINCE_THE_PLAN} ({cid}) is linked")
        self.plan_and_apply()
        scene.wait(lambda: "action=tenants_changed" in scene.log(NAME), PATIENCE, "the conf is followed")
        scene.falcon.generate(5, tenant=cid)
        self.await_all("with the new child")

    def lose_a_customer(self) -> None:
        """A child is unlinked: it is left after two lists, and its stanza and its offsets stay."""
        scene = self.scene
        cid = scene.falcon.cids()[0]
        scene.falcon.remove_child(cid)
        self.say(f"Falcon: {self.places[cid].tenant} is unlinked")
        scene.wait(lambda: "left=1" in scene.log(NAME), PATIENCE, "the child is left")
        running = len(scene.falcon.cids())
        told = f"{running:,} tenants: {running:,} running"
        scene.wait(lambda: self.shown()["offsets"] == told, PATIENCE, told)
        self.bring_events()
        self.await_all("without it")

    def rotate_the_secret(self) -> None:
        """Falcon takes the old secret no longer; the new one is entered once, on the account."""
        scene = self.scene
        secret = scene.falcon.rotate_secret(revoke=True)
        for cid in scene.falcon.cids():
            scene.falcon.revoke_bearers(cid)
        scene.falcon.drop_feeds(how="eof")
        scene.says("refused the account's client_id and secret", NAME, PATIENCE)
        self.say("Falcon: a new secret; the log says that the old one is refused")
        self.ask("account", f"{ACCOUNT}/prod", client_secret=secret)
        self.bring_events()
        self.await_all("with the new secret")

    def judge(self) -> Outcome:
        """Hold the index against the ledger of all tenants, those that have gone too."""
        scene = self.scene
        astray = misrouted(scene.splunkd.events(), self.places, OTHERS)
        return Outcome(
            compare_family(scene, list(self.places)),
            len(astray),
            len(scene.falcon.crossings()),
            len(scene.falcon.violations()),
            len(scene.splunkd.runs(NAME)),
        )

    # -- what the steps are made of --------------------------------------------------------------------------------

    def ask(self, what: str, path: str, /, **form: str) -> dict[str, Any]:
        """Post a form; what it answers, which must be no refusal."""
        said = self.admin.post(path, **form)
        shown = " ".join(f"{name}={value}" for name, value in form.items() if "secret" not in name)
        self.say(
            f"$ POST {path.rpartition('falcon_event_streams_')[2]} {shown}  -> {said.status} {said.sentence}".rstrip()
        )
        assert said.status in (200, 201), f"{what}: {said}"
        return said.entries

    def bring_events(self) -> None:
        """Two events of each tenant that is linked."""
        for cid in self.scene.falcon.cids():
            self.scene.falcon.generate(2, tenant=cid)

    def await_all(self, what: str) -> None:
        """Wait until every event of every tenant so far is in the index."""
        found = await_family(self.scene, list(self.places), PATIENCE)
        shown = self.shown()
        self.say(f"  {what}: {found}; the page shows {shown['offsets']}, trouble {shown['trouble']}")

    def shown(self) -> dict[str, Any]:
        """What the Inputs page shows of the input."""
        return self.admin.get(f"{INPUT}/{NAME}").entries[NAME]


def _counted(plan: dict[str, Any]) -> str:
    return ", ".join(f"{count} to {name[2:]}" for name, count in plan.items() if name.startswith("n_") and count)
