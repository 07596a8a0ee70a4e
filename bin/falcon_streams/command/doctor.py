"""`doctor`: what is wrong, and what to do about it.

Rules: unlike the other commands, this one asks splunkd itself and not the endpoint of its page: it has to work where
that does not, and says each finding as soon as it has it. Without splunkd it checks this machine alone. It ends with 1
if it found a problem.
"""

from __future__ import annotations

import argparse
import socket
from typing import Callable, Iterator, List, TextIO
from urllib.parse import urlsplit

from falcon_streams.command.our_endpoints import log_in
from falcon_streams.doctor.composition import COMMAND_SECONDS, Begin, Doctor
from falcon_streams.doctor.examination import Check
from falcon_streams.doctor.finding import PROBLEM, Finding
from falcon_streams.doctor.report import as_json, as_line
from falcon_streams.splunk.writable_splunkd import WritableSplunkd

NAME = "doctor"
HELP = "check everything from Python to the events in the index, and say what to do"
_KNOCK_SECONDS = 3.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It can leave splunkd out."""
    parser.add_argument("--alone", action="store_true", help="check this machine only, and ask splunkd nothing")


def run(arguments: argparse.Namespace, ask_password: Callable[[], str], stdout: TextIO, stderr: TextIO) -> int:
    """Examine, and print. Raises Refused if splunkd refuses the login."""
    findings: List[Finding] = []
    for finding in _findings(arguments, ask_password, _progress(stderr)):
        findings.append(finding)
        if not arguments.json:
            print(as_line(finding), file=stdout, flush=True)
    if arguments.json:
        print(as_json(findings), file=stdout)
    return int(any(finding.verdict == PROBLEM for finding in findings))


def _findings(arguments: argparse.Namespace, ask_password: Callable[[], str], begin: Begin) -> Iterator[Finding]:
    doctor = Doctor()
    reason = "this was wanted (--alone)" if arguments.alone else _silence(arguments.splunkd)
    if reason:
        return doctor.examine_alone(reason, COMMAND_SECONDS, begin)
    session_key = log_in(arguments.splunkd, arguments.user, ask_password())
    return doctor.examine(WritableSplunkd(arguments.splunkd, session_key), COMMAND_SECONDS, begin)


def _silence(uri: str) -> str:
    """Why splunkd cannot be asked, empty if its port takes a connection."""
    try:
        parts = urlsplit(uri)
        socket.create_connection((parts.hostname or "", parts.port or 8089), _KNOCK_SECONDS).close()
    except (OSError, ValueError) as error:
        return f"nothing answers at {uri} ({type(error).__name__}), so check that Splunk runs, and --splunkd"
    return ""


def _progress(stderr: TextIO) -> Begin:
    """Says on a terminal what is being asked; the next line covers it."""

    def begin(check: Check) -> None:
        if stderr.isatty():
            print(f"{check.name} {check.about} ...".ljust(60), end="\r", file=stderr, flush=True)

    return begin
