"""Faults of splunkd and of the machine under it."""

from __future__ import annotations

import os
import signal
import time

from tests.faults.row import Row
from tests.integration.scene import INPUT, Scene


def pause_the_reader(scene: Scene) -> None:
    """splunkd takes nothing for a while; the pipe is full."""
    scene.says("feed_opened")
    scene.splunkd.pause_reading(INPUT)
    scene.falcon.generate(400)
    time.sleep(4)
    scene.splunkd.resume_reading(INPUT)


def kill_splunkd(scene: Scene) -> None:
    """With its memory lost; then it is started again."""
    scene.says("feed_opened")
    scene.falcon.generate(50)
    time.sleep(1)
    scene.splunkd.kill()
    scene.wait(lambda: not scene.splunkd.orphans(), 20.0, "the input to notice")
    scene.splunkd.start()


def restart_splunkd(scene: Scene) -> None:
    scene.says("feed_opened")
    scene.splunkd.restart()


def revoke_the_key(scene: Scene) -> None:
    """The input finds out when it has to read its secret anew."""
    scene.says("feed_opened")
    scene.splunkd.revoke_session_keys(INPUT)
    scene.falcon.add_faults([{"on": "token", "answer": {"status": 401}}])
    scene.falcon.revoke_bearers()
    scene.falcon.drop_feeds()


def kill_the_input(scene: Scene) -> None:
    scene.says("feed_opened")
    scene.splunkd.signal_input(INPUT, signal.SIGKILL)


def stop_the_process_for_a_while(scene: Scene) -> None:
    """SIGSTOP, and on."""
    scene.says("feed_opened")
    scene.splunkd.signal_input(INPUT, signal.SIGSTOP)
    scene.falcon.generate(50)
    time.sleep(4)
    scene.splunkd.signal_input(INPUT, signal.SIGCONT)


def edit_the_account(scene: Scene) -> None:
    """While the input runs: a setting that only a new start can take."""
    scene.says("feed_opened")
    scene.splunkd.edit_conf_stanza("falcon_event_streams_account", "prod", proxy="none")
    scene.falcon.rotate_secret(revoke=True)
    scene.splunkd.edit_password("TA_falcon_event_streams#account#prod", "client_secret", scene.falcon.client_secret)
    scene.falcon.drop_feeds()


def truncate_a_checkpoint(scene: Scene) -> None:
    """The input refuses to start, keeps the file aside, and goes on once it is put back."""
    scene.wait_until_committed()
    scene.stop()
    path = scene.checkpoints()[0]
    whole = path.read_bytes()
    path.write_bytes(whole[:50])
    scene.resume()
    scene.says("cannot be used and is kept as")
    scene.stop()
    path.write_bytes(whole)
    scene.resume()


def make_the_checkpoints_read_only(scene: Scene) -> None:
    """Reading goes on; commits are tried again until the folder takes them."""
    scene.says("feed_opened")
    folder = scene.wait(scene.checkpoints, what="a checkpoint")[0].parent
    os.chmod(folder, 0o500)
    scene.falcon.generate(10)
    scene.says("commit_failed")
    os.chmod(folder, 0o700)


def as_root() -> str:
    """Root writes where nobody may."""
    return "" if os.geteuid() != 0 else "run it as an unprivileged user"


MANY = 2_000  # repeats after a kill: what came within replay_seconds, here all of it
SPLUNKD = [
    Row("splunkd", "pipe full for a while", "feed_opened", act=pause_the_reader),
    Row("splunkd", "killed with its memory lost", "replay", act=kill_splunkd, repeats=MANY),
    Row("splunkd", "restarted", "feed_opened", act=restart_splunkd, repeats=MANY),
    Row("splunkd", "session key revoked", "no longer takes this input", act=revoke_the_key, repeats=MANY),
    Row("splunkd", "account edited while running", "was changed", act=edit_the_account, repeats=MANY),
]
MACHINE = [
    Row("machine", "input killed", "feed_opened", act=kill_the_input, repeats=MANY),
    Row("machine", "SIGSTOP for a while", "feed_opened", act=stop_the_process_for_a_while, repeats=MANY),
    Row("machine", "truncated checkpoint", "cannot be used and is kept as", act=truncate_a_checkpoint, repeats=MANY),
    Row(
        "machine",
        "read-only checkpoint folder",
        "commit_failed",
        act=make_the_checkpoints_read_only,
        unless=as_root,
        repeats=MANY,
    ),
]
