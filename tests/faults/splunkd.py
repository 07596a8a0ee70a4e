"""Faults of splunkd: it does not read, it goes away, it comes back another one."""

from __future__ import annotations

import time

from tests.faults.discoveries import MINUTE, pass_time
from tests.faults.load import PACE
from tests.faults.row import Row, find_line
from tests.integration.scene import ACCOUNT_CONF, INPUT, REALM, Scene

REPLAY = 5
# Two partitions under load: what came within replay_seconds before the last commit and until the end, of which
# settling, receipt, tick and spacing of the trail take 3.5 s at most; and the twenty events of the beginning, each.
REPLAYED = int(2 * PACE * (REPLAY + 3.5)) + 2 * 20
# What splunkd was not seen to have taken one second before the stop, the beginning included.
STOPPED = int(2 * PACE * 3) + 2 * 20
SETTINGS = {"replay_seconds": str(REPLAY)}


def fill_the_pipe(scene: Scene) -> None:
    """For ten minutes splunkd takes nothing."""
    scene.wait_until_open()
    scene.splunkd.pause_reading(INPUT)
    scene.falcon.generate(400)
    pass_time(scene, 10 * MINUTE)
    scene.splunkd.resume_reading(INPUT)


def refuse_documents(scene: Scene) -> None:
    """For twenty seconds, with events all the while: reading goes on, commits wait."""
    scene.wait_until_open()
    scene.splunkd.switch(rest_status=503, rest_path="storage/collections")
    before = scene.splunkd.count()
    time.sleep(20.0)
    scene.wait(lambda: scene.splunkd.count() > before + 10 * PACE, 1.0, "events meanwhile")
    scene.splunkd.switch(rest_status=0, rest_path="")


def close_the_pipe(scene: Scene) -> None:
    """The input finds out with its next event."""
    scene.wait_for_checkpoints()
    time.sleep(1.0)
    scene.splunkd.close_stdout(INPUT)


def kill_splunkd(scene: Scene) -> None:
    """With three seconds of events in its memory, some of them committed; then it is started again."""
    scene.wait_for_checkpoints()
    scene.splunkd.switch(flush_ms=5000)
    scene.wait(lambda: scene.splunkd.get("/stand-in/stats")["pending"] >= 3 * 2 * PACE, 20.0, "events in memory")
    scene.splunkd.kill()
    scene.wait(lambda: not scene.splunkd.orphans(), 20.0, "the input to notice")
    scene.splunkd.start()


def restart_splunkd(scene: Scene) -> None:
    """In an orderly way."""
    scene.wait_for_checkpoints()
    time.sleep(1.0)
    scene.splunkd.restart()


def talk_nonsense(scene: Scene) -> None:
    """The next start gets no configuration; the one after it does."""
    scene.wait_for_checkpoints()
    scene.splunkd.switch(stdin_text="garbage <input>")
    scene.stop()
    scene.resume()
    find_line(scene, "stdin holds no configuration")
    scene.splunkd.switch(stdin_text="")


def revoke_the_key(scene: Scene) -> None:
    """The input finds out when it has to read its secret anew."""
    scene.wait_until_open()
    scene.splunkd.revoke_session_keys(INPUT)
    scene.falcon.add_faults([{"on": "token", "answer": {"status": 401}}])
    scene.falcon.revoke_bearers()
    scene.falcon.drop_feeds()


def edit_the_account(scene: Scene) -> None:
    """More than the secret: only a new start can take it."""
    scene.wait_until_open()
    scene.splunkd.edit_conf_stanza(ACCOUNT_CONF, "prod", allowed_domains="falcon.example")
    secret = scene.falcon.rotate_secret(revoke=True)
    scene.splunkd.edit_password(REALM.format("prod"), "client_secret", secret)
    scene.falcon.drop_feeds()


def edit_the_input(scene: Scene) -> None:
    """splunkd starts it anew with its new settings."""
    scene.wait_for_checkpoints()
    time.sleep(1.0)
    scene.splunkd.edit_input(INPUT, idle_timeout="30")


SPLUNKD = [
    Row("splunkd", "pipe full for 10 min", "action=pipe_full", act=fill_the_pipe, scale=60.0),
    Row(
        "splunkd",
        "pipe closed",
        "unclean .*splunkd no longer reads our events",
        act=close_the_pipe,
        repeats=REPLAYED,
        settings=SETTINGS,
    ),
    Row(
        "splunkd",
        "killed with its memory lost",
        "resuming .*clean=false",
        act=kill_splunkd,
        repeats=REPLAYED,
        settings=SETTINGS,
    ),
    # splunkd's start time tells that it was another one: the input goes back as after a crash
    Row("splunkd", "restarted", "resuming .*clean=true", act=restart_splunkd, repeats=REPLAYED, settings=SETTINGS),
    Row("splunkd", "stdin garbage", "stdin holds no configuration", act=talk_nonsense, repeats=STOPPED),
    Row(
        "splunkd",
        "KV store 503",
        "claim_failed .*answered 503: it is starting, or has no majority",
        act=refuse_documents,
        settings={"checkpoint_store": "kvstore"},
    ),
    Row(
        "splunkd",
        "session key revoked",
        "no longer accepts this input's session key",
        act=revoke_the_key,
        repeats=STOPPED,
    ),
    Row(
        "splunkd", "account edited while running", "was changed: the next start", act=edit_the_account, repeats=STOPPED
    ),
    Row("splunkd", "input edited while running", "resuming .*clean=true", act=edit_the_input, repeats=STOPPED),
]
