"""What `splunk btool check` complains of at a start: keys and stanzas of an app that no spec file knows.

Rules: Splunk's own keys are the facts in tests/package/conf_keys.json, which cover the stanzas that our add-on ships
and no others; an app's own keys are those of its README/*.conf.spec. Whatever neither knows is named, a conf without
any spec too, so an app that uses more of Splunk hears more here than from Splunk. The words for a key are btool's, as
public issues quote them (bentleymi/ta-webtools#39), without the number of the line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tests.splunkd.conf import ini, spec

# secrets go there over REST, and no app may ship it
_WRITTEN_BY_SPLUNKD = {("local", "passwords")}
_FACTS = Path(__file__).resolve().parents[2] / "package" / "conf_keys.json"


@lru_cache(maxsize=1)
def splunks() -> dict[str, spec.Kinds]:
    """What Splunk's own spec files say, by conf."""
    facts = json.loads(_FACTS.read_text(encoding="utf-8"))
    return {
        conf: {pattern: {key: entry["kind"] for key, entry in keys.items()} for pattern, keys in patterns.items()}
        for conf, patterns in facts.items()
    }


def known(app: Path, conf: str) -> list[spec.Kinds]:
    """The specs of a conf: Splunk's and the app's, as far as there are any."""
    own = app / "README" / f"{conf}.conf.spec"
    kinds: list[spec.Kinds] = [spec.parse(own.read_text(encoding="utf-8"))] if own.exists() else []
    return [*kinds, *(theirs for theirs in [splunks().get(conf)] if theirs is not None)]


def complaints(app: Path) -> Iterator[str]:
    """One sentence per key or stanza that is not known; raises ini.ConfSyntax for a file that is no conf."""
    for conf, path in _files(app):
        specs = known(app, conf)
        if not specs:
            yield f"No spec file for: {path}"
            continue
        for stanza, settings in ini.read(path).items():
            if not any(spec.declared(kinds, stanza) for kinds in specs):
                yield f"Invalid stanza [{stanza}] in {path}"
            for key, value in settings.items():
                if not any(any(spec.declarations(kinds, stanza, key)) for kinds in specs):
                    yield f"Invalid key in stanza [{stanza}] in {path}: {key} (value: {value[:80]})."


def _files(app: Path) -> Iterator[tuple[str, Path]]:
    for layer in ("default", "local"):
        paths = sorted((app / layer).glob("*.conf"))
        yield from ((path.stem, path) for path in paths if (layer, path.stem) not in _WRITTEN_BY_SPLUNKD)
    yield from (("default.meta", path) for path in sorted((app / "metadata").glob("*.meta")))
