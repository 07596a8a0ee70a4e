"""The command line of the stand-in."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.splunkd.switches import Switches


class Options(NamedTuple):
    """What a stand-in is started with."""

    home: Path
    packages: list[Path]
    python: str
    port: int
    username: str
    password: str
    users: list[tuple[str, str, str]]
    indexes: list[str]
    env: dict[str, str]
    server_info: dict[str, str]
    switches: Switches
    server_host: str
    web: bool
    web_port: int
    studio: Path | None
    answers: Path | None
    capture: bool
    certificate_names: list[str]


def parse(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m tests.splunkd", description="A stand-in for splunkd.")
    add = parser.add_argument
    add("--home", type=Path, required=True, help="SPLUNK_HOME; a second start with it is a restart")
    add("--package", type=Path, action="append", default=[], help="an app: .tgz or folder; may be repeated")
    add("--python", required=True, help="the interpreter that runs the apps' scripts")
    add("--port", type=int, default=0, help="management port on 127.0.0.1, 0 for a free one")
    add("--username", default="admin")
    add("--password", default="changed-at-once")
    add("--user", action="append", default=[], metavar="NAME:PASSWORD:CAPABILITY,...", help="a further user")
    add("--index", action="append", default=[], help="an index to configure; may be repeated")
    add("--env", action="append", default=[], metavar="NAME=VALUE", help="what splunk-launch.conf leaks to the scripts")
    add("--server-info", action="append", default=[], metavar="FIELD=VALUE", help="pose in server/info")
    add("--switch", action="append", default=[], metavar="NAME=VALUE", help="see switches.py")
    add("--server-host", default="standin01", help="the instance's host name")
    add("--web", action="store_true", help="splunkweb too: the apps' pages, over HTTP on 127.0.0.1")
    add("--web-port", type=int, default=0, help="splunkweb's port, 0 for a free one")
    add("--studio", type=Path, help="folder with studio.js and studio.css, a renderer for Dashboard Studio's views")
    add("--answers", type=Path, help="a file of JSON: the rows of each search that search/jobs shall know")
    add(
        "--certificate-name", action="append", default=[], metavar="HOST",
        help="a certificate that names this host, as its owner has one made; without any: as Splunk ships it",
    )  # fmt: skip
    add("--capture", action="store_true", help="keep every input's raw stdout and stderr in files")
    told = parser.parse_args(arguments)
    switches = Switches()
    try:
        switches.change(_pairs(told.switch))
        users = [_user(text) for text in told.user]
        return Options(
            home=told.home,
            packages=told.package,
            python=told.python,
            port=told.port,
            username=told.username,
            password=told.password,
            users=users,
            indexes=told.index,
            env=_pairs(told.env),
            server_info=_pairs(told.server_info),
            switches=switches,
            server_host=told.server_host,
            web=told.web,
            web_port=told.web_port,
            studio=told.studio,
            answers=told.answers,
            capture=told.capture,
            certificate_names=told.certificate_name,
        )
    except ValueError as error:
        parser.error(str(error))


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"{text!r} is not NAME=VALUE")
        pairs[name] = value
    return pairs


def _user(text: str) -> tuple[str, str, str]:
    parts = text.split(":")
    if len(parts) != 3:
        raise ValueError(f"{text!r} is not NAME:PASSWORD:CAPABILITY,...")
    return parts[0], parts[1], parts[2]
