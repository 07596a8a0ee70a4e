"""What a handler is told of a request, and what its answer becomes.

Rules (the names of Splunk's persistconn, restmap.conf.spec): arguments are pairs in their order, `output_mode` among
them where it was sent; `form` is there for a form, `payload` where passPayload asks for it, `system_authtoken` where
passSystemAuth does; `path_info` is absent where nothing follows match, `ns` where no namespace was named, and of a
namespace what is `-`. The answer is an object with `payload`, `status` and `headers`.
"""

from __future__ import annotations

import base64
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.splunkd.persistent.script import Script
from tests.splunkd.rest.exchange import Answer, Question

_TYPES = {"json": "application/json; charset=UTF-8", "xml": "text/xml; charset=UTF-8"}


class Server(NamedTuple):
    """The instance as a handler sees it."""

    uri: str
    host: str
    guid: str


class AnswerRefused(ValueError):
    """What a handler returned is no answer."""


def output_mode(script: Script, question: Question) -> str:
    """The mode that was asked for, else the first that the stanza names."""
    return question.arguments.get("output_mode") or next(iter(script.output_modes), "xml")


def document(
    script: Script, question: Question, rest: list[str], server: Server, system_token: str | None
) -> dict[str, Any]:
    """The request as the handler gets it, to be dumped."""
    request = question.request
    restmap: dict[str, Any] = {"name": script.name}
    told: dict[str, Any] = {
        "output_mode": output_mode(script, question),
        "output_mode_explicit": "output_mode" in question.arguments,
        "server": {"rest_uri": server.uri, "hostname": server.host, "servername": server.host, "guid": server.guid},
        "restmap": restmap,
        "query": request.query,
        "connection": {"src_ip": request.source_ip, "ssl": True, "listening_port": urlsplit(server.uri).port},
        "rest_path": "/" + "/".join(question.path),
        "lang": "en-US",
        "method": question.method,
    }
    if script.pass_conf:
        restmap["conf"] = dict(script.conf)
    if question.method in ("POST", "PUT"):
        told["form"] = request.form
        if script.pass_payload == "true":
            told["payload"] = request.body.decode("utf-8", "replace")
        elif script.pass_payload == "base64":
            told["payload_base64"] = base64.b64encode(request.body).decode()
    if question.session.key and script.pass_session:
        told["session"] = {"user": question.session.user, "authtoken": question.session.key}
    if system_token is not None:
        told["system_authtoken"] = system_token
    if rest:
        told["path_info"] = "/".join(rest)
    namespace = {name: part for name, part in (("user", question.owner), ("app", question.app)) if part is not None}
    if namespace:
        told["ns"] = namespace
    return told


def answer(said: bytes, mode: str) -> Answer:
    """The handler's answer as it goes out."""
    try:
        told = json.loads(said)
    except ValueError as error:
        raise AnswerRefused(f"not JSON: {error}") from error
    if not isinstance(told, dict):
        raise AnswerRefused(f"{type(told).__name__} is no object")
    status, headers, payload = told.get("status", 200), told.get("headers", {}), told.get("payload", "")
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise AnswerRefused(f"{status!r} is no status")
    try:
        listed = tuple(
            (str(name), str(value)) for name, value in (headers.items() if isinstance(headers, dict) else headers)
        )
    except (TypeError, ValueError) as error:
        raise AnswerRefused("headers are neither an object nor pairs") from error
    if any("\r" in part or "\n" in part for pair in listed for part in pair):
        raise AnswerRefused("a header has a line break")
    text = payload if isinstance(payload, str) else json.dumps(payload)
    by_default = _TYPES.get(mode, _TYPES["json"]) if isinstance(payload, str) else _TYPES["json"]
    kinds = [value for name, value in listed if name.lower() == "content-type"]
    others = tuple((name, value) for name, value in listed if name.lower() not in ("content-type", "content-length"))
    return Answer(status, None, text.encode("utf-8"), kinds[-1] if kinds else by_default, others)
