"""`takeover`: from the vendor's add-on to this one, as the page "Take over" shows and does it."""

from __future__ import annotations

import argparse

from falcon_streams.command.our_endpoints import Entries, OurEndpoints

NAME = "takeover"
HELP = "take inputs over from the vendor's add-on (Splunkbase 5082), or give them back"
COLUMNS = ("reads", "input", "account", "cloud", "app", "starts", "not_carried", "problems", "hash")
_ENDPOINT = "falcon_event_streams_takeover"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which input."""
    actions = parser.add_subparsers(required=True, dest="action")
    actions.add_parser("plan", help="show what would be made of each of the vendor's inputs; changes nothing")
    for action, what in (("apply", "let this add-on read in the place of an input"), ("undo", "give an input back")):
        changes = actions.add_parser(action, help=what)
        changes.add_argument("input", help="the name of the vendor's input")
        changes.add_argument("hash", help="the hash in the plan that you have seen")


def run(arguments: argparse.Namespace, endpoints: OurEndpoints) -> Entries:
    """The plan, as it is now or after the change."""
    if arguments.action == "plan":
        return endpoints.get(_ENDPOINT)
    return endpoints.post(_ENDPOINT, arguments.input, {"action": arguments.action, "hash": arguments.hash})
