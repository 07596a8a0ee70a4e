"""`takeover`: from the vendor's add-on to this one, as the page "Take over" shows and does it."""

from __future__ import annotations

import argparse

from falcon_streams.command.our_endpoints import Entries, OurEndpoints

NAME = "takeover"
HELP = "take inputs over from the vendor's add-on (Splunkbase 5082), or give them back"
_COMPARED = ("said", "found_in", "time", "cid", "partition", "falcon_offset", "vendor_event_type")
COLUMNS = ("reads", "input", "account", "cloud", "app", "starts", "not_carried", "problems", "hash", *_COMPARED)
_ENDPOINT = "falcon_event_streams_takeover"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which input."""
    actions = parser.add_subparsers(required=True, dest="action")
    actions.add_parser("plan", help="show what would be made of each of the vendor's inputs; changes nothing")
    for action, what in (("apply", "let this add-on read in the place of an input"), ("undo", "give an input back")):
        changes = actions.add_parser(action, help=what)
        changes.add_argument("input", help="the name of the vendor's input")
        changes.add_argument("hash", help="the hash in the plan that you have seen")
    compares = actions.add_parser("compare", help="show what only one of both has indexed while both read")
    compares.add_argument("input", help="the name of the vendor's input")
    for name in ("earliest", "latest"):
        compares.add_argument(
            f"--{name}", default="", help="as in --earliest=-2h; otherwise an hour, until ten minutes ago"
        )


def run(arguments: argparse.Namespace, endpoints: OurEndpoints) -> Entries:
    """The plan, as it is now or after the change; of a comparison what it says, and the events of one side only."""
    if arguments.action == "plan":
        return endpoints.get(_ENDPOINT)
    if arguments.action == "compare":
        window = {"earliest": arguments.earliest, "latest": arguments.latest}
        return _compared(endpoints.post(_ENDPOINT, arguments.input, {"action": "compare", **window}))
    return endpoints.post(_ENDPOINT, arguments.input, {"action": arguments.action, "hash": arguments.hash})


def _compared(entries: Entries) -> Entries:
    ((name, content),) = entries
    found = content["compared"]
    return [(name, {**found, "events": len(found["events"])}), *(("", event) for event in found["events"])]
