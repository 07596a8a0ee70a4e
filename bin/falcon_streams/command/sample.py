"""The sample: events of an index, redacted so that they can be shown in a public issue.

Rules: this command asks splunkd nothing. It reads events, one on a line, from a file or from stdin, and prints each of
them redacted. A line that is not a JSON object is printed letter by letter in kind, and counted on stderr. No message
has text of an event, of an argument, or of an error, whose text could quote one. The exit status is 0 if every line was
an event, 1 if one was not or could not be read, 2 if the command was called wrongly.
"""

from __future__ import annotations

import secrets
from typing import BinaryIO, Iterable, Sequence, TextIO

from falcon_streams.core.redaction import Redaction

USAGE = (
    "Prints events, redacted for a public issue: one event on each line of a file, or of stdin.\n"
    "Usage: falcon_event_streams_sample.py [FILE]"
)


def main(arguments: Sequence[str], stdin: BinaryIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the samples; returns the exit status."""
    if len(arguments) > 1 or any(each.startswith("-") for each in arguments):
        wanted = list(arguments) in (["-h"], ["--help"])
        print(USAGE, file=stdout if wanted else stderr)
        return 0 if wanted else 2
    try:
        if not arguments:
            return _print_samples(stdin, stdout, stderr)
        with open(arguments[0], "rb") as file:
            return _print_samples(file, stdout, stderr)
    except Exception as error:  # a traceback could show text of an event
        print(f"The sample ended early ({type(error).__name__}): check that the file can be read.", file=stderr)
        return 1


def _print_samples(lines: Iterable[bytes], stdout: TextIO, stderr: TextIO) -> int:
    redaction = Redaction(secrets.randbelow)
    others = 0
    for raw in lines:
        line = raw.decode("utf-8-sig", "replace").strip()
        if line:
            sample = redaction.sample(line)
            others += sample is None
            print(redaction.blur(line) if sample is None else sample, file=stdout)
    if others:
        print(f"{others} lines are not JSON objects: only the kinds of their characters are shown.", file=stderr)
    return int(others > 0)
