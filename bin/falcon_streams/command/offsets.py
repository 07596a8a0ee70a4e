"""`offsets`: where every partition goes on; sets it, undoes that, and carries it to another store or machine."""

from __future__ import annotations

import argparse
import os
from typing import Dict, List, Mapping, Tuple

from falcon_streams.command.our_endpoints import Entries, OurEndpoints
from falcon_streams.errors import Refused

NAME = "offsets"
HELP = "show where every partition goes on, set it, and undo that"
COLUMNS = ("place", "created", "by", "store", "state", "skips", "trouble")
_ENDPOINT = "falcon_event_streams_offsets"
_INPUT_ENDPOINT = "falcon_event_streams_input"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, the input, and what that needs."""
    acts = parser.add_subparsers(dest="act", metavar="ACT")
    show = acts.add_parser("show", help="show the offsets; this is what happens without ACT")
    show.add_argument("input", nargs="?", default="", help="one input; otherwise all")
    to = _act(acts, "set", "let the partitions go on at another place")
    to.add_argument("--to", required=True, help="an offset, oldest, newest, or a time: --to=-2h")
    to.add_argument("--partition", default="all", help="one partition; otherwise all that have a record")
    _act(acts, "undo", "bring back the records before the last change")
    _act(acts, "import", "take the records of a file").add_argument("file", help="what export has written")
    _act(acts, "move", "carry the records to the other store, and use that from then on")
    export = acts.add_parser("export", help="write the records to a new file, for another machine")
    export.add_argument("input")
    export.add_argument("file", help="a file that does not exist yet")
    for name in ("stop", "start"):
        acts.add_parser(name, help=f"{name} the input, as its toggle does").add_argument("input")


def run(arguments: argparse.Namespace, endpoints: OurEndpoints) -> Entries:
    """The partitions after that, or what would be with --preview."""
    act = arguments.act or "show"
    if act == "show":
        return _rows(endpoints.get(_ENDPOINT, getattr(arguments, "input", "")))
    if act == "export":
        return _export(endpoints.get(_ENDPOINT, arguments.input), arguments.file)
    if act in ("stop", "start"):
        endpoints.post(_INPUT_ENDPOINT, arguments.input, {"disabled": str(int(act == "stop"))})
        return _rows(endpoints.get(_ENDPOINT, arguments.input))
    form = {"action": act, "why": arguments.why, "preview": str(int(arguments.preview)), **_fields(arguments)}
    return _rows(endpoints.post(_ENDPOINT, arguments.input, form))


def _act(acts: argparse._SubParsersAction[argparse.ArgumentParser], name: str, told: str) -> argparse.ArgumentParser:
    parser = acts.add_parser(name, help=told)
    parser.add_argument("input", help="an input that is stopped")
    parser.add_argument("--why", default="", help="the reason; needed if events can be left out")
    parser.add_argument("--preview", action="store_true", help="say what would change, and change nothing")
    return parser


def _fields(arguments: argparse.Namespace) -> Dict[str, str]:
    if arguments.act == "set":
        return {"to": arguments.to, "partition": arguments.partition}
    if arguments.act == "import":
        return {"document": _read(arguments.file)}
    return {}


def _rows(entries: Entries) -> Entries:
    """A row for each partition of each input, and for what is wrong with the input."""
    rows: List[Tuple[str, Dict[str, object]]] = []
    for name, content in entries:
        steps = {step["partition"]: step for step in content.get("steps", [])}
        shared = {"store": content["store"], "state": content["state"]}
        if not content["partitions"] or content["trouble"] != "none":
            rows.append((name, {**shared, "trouble": content["trouble"]}))
        for each in content["partitions"]:
            rows.append((f"{name}/{each['partition']}", {**each, **shared, **_of_step(steps.get(each["partition"]))}))
    return rows


def _of_step(step: object) -> Mapping[str, object]:
    return {"place": step["to"], "skips": step["skips"]} if isinstance(step, dict) else {}


def _export(entries: Entries, path: str) -> Entries:
    for name, content in entries:
        if "document" not in content:
            raise Refused(409, f"the records of {name} cannot be carried: {content['trouble']}")
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise Refused(400, f"{path} cannot be written ({error.strerror}): name another file") from None
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content["document"])
    return _rows(entries)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(400, f"{path} cannot be read ({type(error).__name__}): name the file of an export") from None
