"""The command line: reads the arguments, logs in, and gives the command what it needs.

Rules: a command has a module here, and calls the endpoint that its page calls. What it prints is a table for people, or
with `--json` the endpoint's objects. A refusal is one sentence on stderr. The exit status is 0 if all is well, 1 if the
command found or met a problem, 2 if it was called wrongly. The password is typed, or is the first line of stdin; it is
never an argument, which others on the machine could read.
"""

from __future__ import annotations

import argparse
import getpass
import json
from typing import List, Sequence, TextIO

from falcon_streams.command import doctor, inputs, offsets, takeover
from falcon_streams.command.our_endpoints import Entries, OurEndpoints, log_in
from falcon_streams.errors import Fatal, Refused

MANAGEMENT_PORT = "https://127.0.0.1:8089"
COMMANDS = (inputs, doctor, offsets, takeover)


def main(arguments: Sequence[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Run one command; returns the exit status."""
    chosen = _parser().parse_args(arguments)

    def ask_password() -> str:
        return _password(chosen.user, stdin)

    try:
        if chosen.command is doctor:
            return doctor.run(chosen, ask_password, stdout, stderr)
        endpoints = OurEndpoints(chosen.splunkd, log_in(chosen.splunkd, chosen.user, ask_password()))
        entries = chosen.command.run(chosen, endpoints)
    except (Refused, Fatal) as error:
        print(error, file=stderr)
        return 1
    print(_as_json(entries) if chosen.json else table(entries, chosen.command.COLUMNS), file=stdout)
    return 0


def table(entries: Entries, columns: Sequence[str]) -> str:
    """The objects as lines, one column for each field, the name first. A field that no object has is left out."""
    shown = [column for column in columns if any(column in content for _, content in entries)] or columns
    rows = [["name", *shown]]
    rows += [[name, *(_text(content.get(column)) for column in shown)] for name, content in entries]
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ("  ".join(text.ljust(width) for text, width in zip(row, widths)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="What the pages of Falcon Event Streams do, as a command.")
    parser.add_argument("--splunkd", default=MANAGEMENT_PORT, help="the address of splunkd's management port")
    parser.add_argument("--user", default="admin", help="the user of Splunk as whom the command acts")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    commands = parser.add_subparsers(required=True)
    for each in COMMANDS:
        command = commands.add_parser(each.NAME, help=each.HELP, description=each.HELP)
        each.add_arguments(command)
        command.set_defaults(command=each)
    return parser


def _password(user: str, stdin: TextIO) -> str:
    return getpass.getpass(f"Password of {user}: ") if stdin.isatty() else stdin.readline().rstrip("\r\n")


def _as_json(entries: Entries) -> str:
    objects: List[object] = [{"name": name, **content} for name, content in entries]
    return json.dumps(objects, indent=2)


def _text(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(map(_text, value))
    return "" if value is None else str(value)
