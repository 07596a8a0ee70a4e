"""The front door: finds out which of splunkd's three invocations this is, answers it, and reports what went wrong.

Rules: `--scheme` must not load the network stack, so a run imports itself what only a run needs. One sentence on stderr
and in the log says what ended an input.
"""

from __future__ import annotations

import logging
import os
import ssl
import sys
from typing import BinaryIO, Optional, Sequence

from falcon_streams.clock import SystemClock
from falcon_streams.core.text import tidy
from falcon_streams.errors import Fatal, StreamsError
from falcon_streams.ports import Clock
from falcon_streams.run.happenings import Ending, Stop, stop_for
from falcon_streams.splunk.modinput import Invocation, read_run, read_validation, scheme_xml, validation_error_xml
from falcon_streams.splunk.splunkd import SCHEME, Splunkd

LOG = logging.getLogger(__name__)
OLDEST_OPENSSL = (1, 1, 1)


def main(arguments: Sequence[str], stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Answer one invocation by splunkd; return the exit status."""
    if "--scheme" in arguments:
        stdout.write(scheme_xml())
        stdout.flush()
        return 0
    if "--validate-arguments" in arguments:
        return validate(stdin, stdout)
    return run(stdin, stdout)


def validate(stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Answer `--validate-arguments`: nothing for yes, one sentence for no."""
    from falcon_streams.splunk.accounts import read_account, refuse_shared_app_id
    from falcon_streams.splunk.index import doubt_about_index
    from falcon_streams.splunk.settings import read_input, refuse_store
    from falcon_streams.store.kvstore import open_kvstore

    try:
        refuse_old_openssl()
        invocation = read_validation(stdin.read())
        settings = read_input(invocation.name, invocation.settings)
        splunkd = Splunkd(invocation.server_uri, invocation.session_key)
        info = splunkd.info()
        refuse_store(settings, info)
        doubt_about_index(splunkd, settings, info)
        read_account(splunkd, settings.account)
        refuse_shared_app_id(splunkd, settings)
        if settings.checkpoint_store == "kvstore":
            open_kvstore(splunkd).find({"input": settings.name}, ("_key",))
    except StreamsError as error:
        stdout.write(validation_error_xml(str(error)))
        stdout.flush()
        return 1
    return 0


def run(stdin: BinaryIO, stdout: BinaryIO, clock: Optional[Clock] = None) -> int:
    """Run one input until it ends; return the exit status."""
    descriptor = _claim_stdout(stdout)
    try:
        refuse_old_openssl()
        invocation = read_run(stdin.read())
    except Fatal as error:
        sys.stderr.write(f"ERROR {error}\n")
        return 1
    stop = _run_input(invocation, descriptor, clock or SystemClock())
    if isinstance(stop.error, StreamsError):
        level = logging.WARNING if stop.ending is Ending.RESTART else logging.ERROR
        LOG.log(level, stop.ending.value, {"error": str(stop.error)})
    LOG.info("ended", {"modular_input_name": f"{SCHEME}://{invocation.name}", "reason": stop.ending.value})
    return 1 if stop.ending is Ending.FATAL else 0


def refuse_old_openssl() -> None:
    """Raises Fatal if urllib3 would fail to import: Splunk 9.4 and older link OpenSSL 1.0.2."""
    if ssl.OPENSSL_VERSION_INFO[:3] < OLDEST_OPENSSL:
        raise Fatal(
            f"this Splunk brings {ssl.OPENSSL_VERSION}, and TLS to Falcon needs OpenSSL 1.1.1 or later: run this "
            "add-on on Splunk 10.0 or later"
        )


def _claim_stdout(stdout: BinaryIO) -> int:
    """Take stdout for the event stream, and return its descriptor; what is printed from now on goes to stderr."""
    stdout.flush()
    descriptor = os.dup(stdout.fileno())
    os.dup2(sys.stderr.fileno(), stdout.fileno())
    return descriptor


def _run_input(invocation: Invocation, descriptor: int, clock: Clock) -> Stop:
    from falcon_streams.run.health import tell_of_input
    from falcon_streams.splunk.logs import start_logging
    from falcon_streams.splunk.settings import check_name
    from falcon_streams.splunk.state import StateFile
    from falcon_streams.store.files import folder_of

    try:
        check_name(f"{SCHEME}://{tidy(invocation.name)}", invocation.name)
    except Fatal as error:
        sys.stderr.write(f"ERROR {error}\n")  # a log cannot have such a name
        return Stop(Ending.FATAL)
    start_logging(invocation.name)
    stop = _run_named(invocation, descriptor, clock)
    if stop.ending is Ending.FINISHED:
        tell_of_input(stop.ending.value, "")  # the state file keeps what the run has shown last
        return stop
    state = "error" if stop.ending is Ending.FATAL else "stopped"
    trouble = str(stop.error) if isinstance(stop.error, StreamsError) else ""
    tell_of_input(state, trouble)
    board = StateFile(folder_of(invocation.checkpoint_dir, invocation.name))
    board.show({"state": state, "trouble": trouble, "updated_at": clock.now(), "partitions": {}})
    return stop


def _run_named(invocation: Invocation, descriptor: int, clock: Clock) -> Stop:
    from falcon_streams.run.composition import run_input
    from falcon_streams.splunk.accounts import read_log_level
    from falcon_streams.splunk.logs import set_level

    try:
        splunkd = Splunkd(invocation.server_uri, invocation.session_key)
        set_level(read_log_level(splunkd))
        return run_input(invocation, splunkd, descriptor, clock)
    except StreamsError as error:
        return stop_for(error)
    except Exception as error:  # a bug of ours: one line with its place, no text that could hold a secret
        LOG.exception("unexpected_error")
        return Stop(Ending.UNCLEAN, error)
