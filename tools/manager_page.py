"""Writes the plain page under Settings > Data inputs (`default/data/ui/manager`) from the input's JSON Schema.

Rules: each of our settings has one field, with the schema's title and description. Only a new input's form has a name.
"""

from __future__ import annotations

from typing import Any, Mapping, Tuple
from xml.etree import ElementTree

PATH = "default/data/ui/manager/falcon_event_streams.xml"
_TITLE = "Falcon event streams"


def manager_page(inputs: Mapping[str, Any]) -> str:
    """The page's XML."""
    endpoint = ElementTree.Element("endpoint", name="data/inputs/falcon_event_streams")
    ElementTree.SubElement(endpoint, "header").text = _TITLE
    breadcrumb = ElementTree.SubElement(endpoint, "breadcrumb")
    ElementTree.SubElement(breadcrumb, "parent", hidename="False").text = "datainputstats"
    ElementTree.SubElement(breadcrumb, "name").text = _TITLE
    elements = ElementTree.SubElement(endpoint, "elements")
    _add(elements, "name", {"title": "Name", "description": "1 to 64 letters, digits, _ and -."}, ("list", "create"))
    for name, setting in inputs["properties"].items():
        if not setting.get("x-splunk") or name in ("index", "interval"):
            _add(elements, name, setting, ("list", "edit", "create") if name in _LISTED else ("edit", "create"))
    ElementTree.indent(endpoint, "  ")
    return ElementTree.tostring(endpoint, encoding="unicode") + "\n"


_LISTED = ("account", "app_id", "index")


def _add(elements: ElementTree.Element, name: str, setting: Mapping[str, Any], views: Tuple[str, ...]) -> None:
    kind = "select" if "enum" in setting else "checkbox" if setting.get("type") == "boolean" else "textfield"
    element = ElementTree.SubElement(elements, "element", name=name, type=kind, label=setting["title"])
    for view in views:
        ElementTree.SubElement(element, "view", name=view)
    if "enum" in setting:
        options = ElementTree.SubElement(element, "options")
        for value in setting["enum"]:
            ElementTree.SubElement(options, "opt", value=value, label=value)
    ElementTree.SubElement(element, "key", name="exampleText").text = setting["description"]
