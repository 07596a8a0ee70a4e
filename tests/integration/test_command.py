"""An admin reads on the command line what the pages show, as the user who logs in."""

from __future__ import annotations

import json

from tests.integration.command import run
from tests.integration.conftest import Stage


def test_the_inputs_are_listed_with_their_states(stage: Stage) -> None:
    scene = stage(partitions=1, preload=3)
    scene.begin()
    scene.wait_until_all_arrived()
    scene.wait(lambda: "running" in run(scene, "inputs").out, what="a running input")

    listed = run(scene, "inputs")
    assert (listed.status, listed.err) == (0, "")
    assert listed.out.splitlines()[0].split() == [
        "name",
        "account",
        "app_id",
        "index",
        "state",
        "events",
        "lag",
        "trouble",
    ]
    assert listed.out.splitlines()[1].split()[:5] == ["main", "prod", "appmain", "default", "running"]
    told = json.loads(run(scene, "--json", "inputs").out)
    assert [(each["name"], each["events"]) for each in told] == [("main", "3")]


def test_a_wrong_password_and_a_user_who_may_not_are_refused_in_a_sentence(stage: Stage) -> None:
    scene = stage(users=[("viewer", "viewerpass", "user")])
    wrong = run(scene, "inputs", password="wrong")
    viewer = run(scene, "--user", "viewer", "inputs", password="viewerpass")

    assert (wrong.status, wrong.out) == (1, "")
    assert "refuses this password" in wrong.err and "Traceback" not in wrong.err
    assert viewer.status == 1
    assert "you may not" in viewer.err
