"""`inputs`: the inputs of this instance and their states, as the Inputs page shows them."""

from __future__ import annotations

import argparse

from falcon_streams.command.our_endpoints import Entries, OurEndpoints

NAME = "inputs"
HELP = "list the inputs and their states"
COLUMNS = ("account", "app_id", "index", "state", "events", "lag", "trouble")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none."""


def run(arguments: argparse.Namespace, endpoints: OurEndpoints) -> Entries:
    """The inputs."""
    return endpoints.get("falcon_event_streams_input")
