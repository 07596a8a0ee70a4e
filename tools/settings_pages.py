"""Writes every page about settings from the JSON Schemas: .conf.spec files, docs/configure.md, the pages in Splunk.

Rules: the schemas are the source of truth; a test fails if a page differs from what this module writes. `--check`
writes nothing and names the pages that differ.
"""

from __future__ import annotations

import argparse
import json
import runpy
import textwrap
from typing import Any, Dict, List, Mapping, Sequence

from tools import manager_page, package
from tools.configuration_pages import global_config

ROOT = package.ROOT
SCHEMAS = ROOT / "bin" / "falcon_streams" / "splunk" / "schemas"
CONFIGURE = "docs/configure.md"
Schema = Dict[str, Any]


def read(name: str) -> Schema:
    """One schema."""
    schema: Schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return schema


def known_types() -> Sequence[str]:
    """The event types of the product's catalogue."""
    names: Dict[str, Any] = runpy.run_path(str(ROOT / "bin" / "falcon_streams" / "core" / "catalogue.py"))
    return tuple(names["KNOWN_TYPES"])


def spec_setting(name: str, setting: Mapping[str, Any], required: bool) -> str:
    """One setting of a spec file."""
    lines = [f"{name} = <{value_kind(setting)}>"]
    lines += ["* " + line for line in textwrap.wrap(setting["description"], 110, break_on_hyphens=False)]
    lines.append("* Required." if required else f"* Default: {default_text(setting)}")
    return "\n".join(lines)


def value_kind(setting: Mapping[str, Any]) -> str:
    """The kind of a setting's value, in the words of Splunk's spec files."""
    if "enum" in setting:
        return "|".join(setting["enum"])
    integer = "positive integer" if setting.get("minimum", 1) > 0 else "non-negative integer"
    kinds = {"integer": integer, "boolean": "boolean", "array": "comma-separated list"}
    return kinds.get(setting.get("type", ""), "string")


def default_text(setting: Mapping[str, Any]) -> str:
    """A default as it is written in a conf."""
    value = setting.get("default")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(value)
    return "none" if value is None else str(value)


def spec_stanza(header: str, schema: Schema, about: str) -> str:
    """One stanza of a spec file."""
    settings = [
        spec_setting(name, each, name in schema.get("required", [])) for name, each in schema["properties"].items()
    ]
    return "\n\n".join([f"[{header}]\n* {about}", *settings])


def spec_pages() -> Dict[str, str]:
    """The spec files by path."""
    head = "# Written by tools/settings_pages.py from the JSON Schemas in bin/falcon_streams/splunk/schemas.\n\n"
    settings = read("settings")["$defs"]
    stanzas = [
        spec_stanza("logging", settings["logging"], "How much the inputs log."),
        spec_stanza("proxy", settings["proxy"], "The default proxy."),
        spec_stanza("proxy:<name>", settings["proxy"], "A proxy that accounts choose by its name."),
        spec_stanza("checkpoint", settings["checkpoint"], "Where checkpoints in a KV store are."),
    ]
    scheme = read("input")
    scheme["properties"] = {name: each for name, each in scheme["properties"].items() if each.get("x-splunk")}
    scheme["required"] = []
    about_scheme = "The defaults of all inputs, and what splunkd must know about the scheme."
    about_input = "One running process per stanza: it reads the event streams of one account."
    about_account = "One Falcon API client. Its secret is not a setting: it is in storage/passwords."
    about_tenant = "One tenant, by its CID with or without the checksum. [default] is for the tenants without a stanza."
    return {
        "README/inputs.conf.spec": head
        + spec_stanza("falcon_event_streams", scheme, about_scheme)
        + "\n\n"
        + spec_stanza("falcon_event_streams://<name>", read("input"), about_input)
        + "\n",
        "README/falcon_event_streams_account.conf.spec": head
        + spec_stanza("<name>", read("account"), about_account)
        + "\n",
        "README/falcon_event_streams_settings.conf.spec": head + "\n\n".join(stanzas) + "\n",
        "README/falcon_event_streams_tenants.conf.spec": head
        + spec_stanza("<cid>", read("tenant"), about_tenant)
        + "\n",
    }


def table(schema: Schema) -> str:
    """A table of settings in Markdown."""
    rows: List[str] = ["| Setting | What it does | Default |", "|---|---|---|"]
    for name, setting in schema["properties"].items():
        if not setting.get("x-splunk"):
            required = name in schema.get("required", [])
            default = "required" if required else f"`{default_text(setting)}`"
            rows.append(f"| `{name}` | {setting['description'].replace('|', chr(92) + '|')} | {default} |")
    return "\n".join(rows)


def with_tables(text: str) -> str:
    """A Markdown page with new tables between its markers."""
    tables = {
        "input": read("input"),
        "account": read("account"),
        "tenant": read("tenant"),
        **{name: read("settings")["$defs"][name] for name in ("proxy", "checkpoint")},
    }
    for name, schema in tables.items():
        start, end = f"<!-- settings:{name} -->", f"<!-- /settings:{name} -->"
        if start in text:
            before, _, rest = text.partition(start)
            text = f"{before}{start}\n{table(schema)}\n{end}{rest.partition(end)[2]}"
    return text


def pages() -> Dict[str, str]:
    """All pages as they should be."""
    found = spec_pages()
    found["globalConfig.json"] = global_config(
        read("account"), read("settings"), read("input"), package.version(), known_types()
    )
    found[manager_page.PATH] = manager_page.manager_page(read("input"))
    found[CONFIGURE] = with_tables((ROOT / CONFIGURE).read_text(encoding="utf-8"))
    return found


def differing() -> List[str]:
    """The pages that are not as they should be."""
    return [
        name
        for name, text in pages().items()
        if not (ROOT / name).exists() or (ROOT / name).read_text(encoding="utf-8") != text
    ]


def main() -> None:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description="Write the pages about settings from the schemas.")
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        if differing():
            raise SystemExit(f"run python -m tools.settings_pages: {', '.join(differing())} differ")
        return
    for name, text in pages().items():
        (ROOT / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
