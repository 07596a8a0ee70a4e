"""Two writers at once at every endpoint: one wins whole, the other is told so, and no half is left.

The stand-in asks a persistent script one thing at a time. A splunkd that asks in several threads is played here: the
endpoints answer in this process, in two threads, with splunkd's documents, and ask the stand-in over its REST port.
So is one that has started a second process while the first still answers: endpoints of their own, with nothing but
the lock's file between them.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from falcon_streams.clock import SystemClock
from falcon_streams.pages.change_lock import ChangeLock
from falcon_streams.pages.endpoints import make_endpoints
from falcon_streams.pages.rest import Endpoints
from falcon_streams.store.files import checkpoint_dir_of
from tests.integration.page_calls import ACCOUNT, BASE, INPUT, SETTINGS, Caller, Said, good_account
from tests.integration.scene import Scene

pytestmark = pytest.mark.together

ROUNDS = 2  # one of each order, see `at_once`
PROXY = "TA_falcon_event_streams#proxy#race"
Act = Callable[[Caller, str], Said]


@pytest.fixture(scope="module")
def scene(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with Scene(tmp_path_factory.mktemp("races"), package, partitions=1, preload=1) as made:
        yield made


class Threaded(Caller):
    """Calls endpoints in this process, as splunkd does for an admin."""

    def __init__(self, scene: Scene, endpoints: Endpoints) -> None:
        super().__init__(scene)
        self._endpoints = endpoints
        self._server = {"rest_uri": scene.splunkd.management_uri}
        self._session = {"authtoken": scene.splunkd.session_key}

    def call(self, method: str, path: str, /, **form: str) -> Said:
        """One call."""
        tree = {
            "method": method,
            "rest_path": path[len(BASE) :],
            "form": list(form.items()),
            "session": self._session,
            "server": self._server,
        }
        answer = self._endpoints.answer(json.dumps(tree))
        body = json.loads(answer["payload"])
        entries = {entry["name"]: entry["content"] for entry in body.get("entry", [])}
        return Said(answer["status"], entries, " ".join(message["text"] for message in body["messages"]))


class Kind:
    """One endpoint: what the writers do to a thing called `race`, each with a letter of its own."""

    def __init__(
        self, scene: Scene, at: str, name: str, realm: str, field: str, forms: dict[str, dict[str, str]]
    ) -> None:
        self.scene, self.name, self.realm, self.field, self.forms = scene, name, realm, field, forms
        self.at, self.own = at, f"{at}/{name.replace(':', '%3A')}"

    def create(self, caller: Caller, letter: str) -> Said:
        return caller.post(self.at, name=self.name, **self.forms[letter])

    def edit(self, caller: Caller, letter: str) -> Said:
        return caller.post(self.own, **self.forms[letter])

    def delete(self, caller: Caller, letter: str) -> Said:
        return caller.delete(self.own)

    def shown(self) -> dict[str, Any] | None:
        """The thing as a page shows it; None where there is none."""
        said = Caller(self.scene).get(self.own)
        assert said.status in (200, 404)
        return said.entries.get(self.name)

    def letter(self) -> str | None:
        """Whose the thing is, secret and mark included; None where nothing of it is left. Anything between fails."""
        shown = self.shown()
        secrets = self.secrets()
        if shown is None:
            assert secrets == {}
            return None
        (letter,) = (each for each, form in self.forms.items() if form[self.field] == shown[self.field])
        if self.realm:
            (field,) = (name for name in ("client_secret", "password") if name in self.forms[letter])
            assert secrets.keys() == {field, f"{field}_destination"}
            assert secrets[field] == self.forms[letter][field]
        return letter

    def secrets(self) -> dict[str, str]:
        base = "/servicesNS/nobody/TA_falcon_event_streams/storage/passwords"
        entries = self.scene.splunkd.request("GET", base, count=0).body["entry"]
        contents = (entry["content"] for entry in entries)
        return {each["username"]: each["clear_password"] for each in contents if each["realm"] == self.realm}


def account(scene: Scene) -> Kind:
    forms = {
        letter: good_account(scene, client_secret=letter * 40, member_cid=letter * 32, save_without_test="1")
        for letter in "ab"
    }
    return Kind(scene, ACCOUNT, "race", "TA_falcon_event_streams#account#race", "member_cid", forms)


def proxy(scene: Scene) -> Kind:
    forms = {
        letter: {"enabled": "1", "host": f"{letter}.example", "port": "3128", "username": "u", "password": letter * 9}
        for letter in "ab"
    }
    return Kind(scene, SETTINGS, "proxy:race", PROXY, "host", forms)


def an_input(scene: Scene) -> Kind:
    forms = {letter: {"account": "prod", "app_id": f"race{letter}", "disabled": "1"} for letter in "ab"}
    return Kind(scene, INPUT, "race", "", "app_id", forms)


KINDS = {"account": account, "proxy": proxy, "input": an_input}


@pytest.fixture(params=["one process", "two processes"])
def callers(request: pytest.FixtureRequest, scene: Scene) -> Iterator[list[Caller]]:
    """Two callers, whom one process of the pages answers, or two; what they leave is removed."""
    first = make_endpoints(home_of(scene))
    second = first if request.param == "one process" else make_endpoints(home_of(scene))
    yield [Threaded(scene, first), Threaded(scene, second)]
    tidy_up(scene, an_input(scene), account(scene), proxy(scene))


def home_of(scene: Scene) -> dict[str, str]:
    """What splunkd sets for the process of the pages."""
    return {"SPLUNK_HOME": str(scene.splunkd.home)}


def at_once(scene: Scene, callers: list[Caller], acts: tuple[Act, Act], number: int) -> list[Said]:
    """Both acts at the same time, by callers of their own: both have looked at all they want to see before either
    changes anything, and one is the first to change; in the next round the other."""
    said: list[Said | None] = [None, None]

    def act(place: int) -> None:
        said[place] = acts[place](callers[place], "ab"[place])

    threads = [threading.Thread(target=act, args=(place,)) for place in (0, 1)]
    order = threads[::-1] if number else threads
    with ChangeLock(checkpoint_dir_of(home_of(scene)), SystemClock()):
        for thread in order:
            thread.start()
            time.sleep(0.4)
    for thread in threads:
        thread.join()
    return [each for each in said if each is not None]


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_who_create_one_wins_whole(scene: Scene, callers: list[Caller], kind: str) -> None:
    thing = KINDS[kind](scene)
    for number in range(ROUNDS):
        said = at_once(scene, callers, (thing.create, thing.create), number)
        assert sorted(each.status for each in said) == [201, 409], said
        assert thing.letter() == "ab"[[each.status for each in said].index(201)]
        assert thing.delete(Caller(scene), "a").status == 200


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_who_edit_each_is_whole_and_who_was_overtaken_is_told(
    scene: Scene, callers: list[Caller], kind: str
) -> None:
    thing = KINDS[kind](scene)
    assert thing.create(Caller(scene), "a").status == 201
    for number in range(ROUNDS):
        said = at_once(scene, callers, (thing.edit, thing.edit), number)
        assert {each.status for each in said} <= {200, 409}, said
        assert 200 in {each.status for each in said}
        winners = {"ab"[place] for place, each in enumerate(said) if each.status == 200}
        assert thing.letter() in winners
    assert thing.delete(Caller(scene), "a").status == 200


@pytest.mark.parametrize("kind", KINDS)
def test_of_one_who_edits_and_one_who_deletes_nothing_half_is_left(
    scene: Scene, callers: list[Caller], kind: str
) -> None:
    thing = KINDS[kind](scene)
    for number in range(ROUNDS):
        assert thing.create(Caller(scene), "b").status == 201
        edited, deleted = at_once(scene, callers, (thing.edit, thing.delete), number)
        assert (edited.status, deleted.status) in ((200, 200), (404, 200)), (edited, deleted)
        assert thing.letter() is None


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_who_delete_the_second_finds_nothing(scene: Scene, callers: list[Caller], kind: str) -> None:
    thing = KINDS[kind](scene)
    for number in range(ROUNDS):
        assert thing.create(Caller(scene), "a").status == 201
        said = at_once(scene, callers, (thing.delete, thing.delete), number)
        assert sorted(each.status for each in said) == [200, 404], said
        assert thing.letter() is None


def test_of_one_who_names_an_account_and_one_who_deletes_it_one_is_refused(scene: Scene, callers: list[Caller]) -> None:
    used, user = account(scene), an_input(scene)
    user.forms["a"]["account"] = used.name
    for number in range(ROUNDS):
        assert used.create(Caller(scene), "a").status == 201
        made, deleted = at_once(scene, callers, (user.create, used.delete), number)
        assert (made.status, deleted.status) in ((201, 409), (400, 200)), (made, deleted)
        tidy_up(scene, user, used)


def test_of_one_who_names_a_proxy_and_one_who_deletes_it_one_is_refused(scene: Scene, callers: list[Caller]) -> None:
    used, user = proxy(scene), account(scene)
    user.forms["a"]["proxy"] = used.name.partition(":")[2]
    for number in range(ROUNDS):
        assert used.create(Caller(scene), "a").status == 201
        made, deleted = at_once(scene, callers, (user.create, used.delete), number)
        assert (made.status, deleted.status) in ((201, 409), (400, 200)), (made, deleted)
        tidy_up(scene, user, used)


def test_of_one_who_turns_to_a_proxy_and_one_who_deletes_it_one_is_refused(scene: Scene, callers: list[Caller]) -> None:
    used, user = proxy(scene), account(scene)
    user.forms["b"]["proxy"] = used.name.partition(":")[2]
    for number in range(ROUNDS):
        assert used.create(Caller(scene), "a").status == 201
        assert user.create(Caller(scene), "a").status == 201
        deleted, edited = at_once(scene, callers, (used.delete, user.edit), number)
        assert (edited.status, deleted.status) in ((200, 409), (400, 200)), (edited, deleted)
        tidy_up(scene, user, used)


def tidy_up(scene: Scene, *things: Kind) -> None:
    """Delete what is left."""
    for thing in things:
        if thing.shown() is not None:
            assert thing.delete(Caller(scene), "a").status == 200


def test_a_secret_beside_anothers_stanza_is_found(scene: Scene) -> None:
    thing = account(scene)
    assert thing.create(Caller(scene), "a").status == 201
    scene.splunkd.edit_password(thing.realm, "client_secret", "b" * 40)
    with pytest.raises(AssertionError):
        thing.letter()
    thing.delete(Caller(scene), "a")
