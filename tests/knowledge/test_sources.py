"""A source of an admin's own stays what it is; partition and tenant become fields; a log has its sourcetype."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.batch import read_batch
from falcon_streams.core.tenants import Register, Tenant, Tenants
from falcon_streams.splunk.stream_xml import Renderer, Routing
from falcon_streams.splunk.tenants import check_tenant
from tests.splunkd.conf import ini
from tests.splunkd.intake.props import Props
from tests.splunkd.intake.transforms import Transforms, apply, indexed_fields
from tools.package import ROOT

DEFAULT = ROOT / "default"
PROPS = Props(ini.read(DEFAULT / "props.conf"), {})
TRANSFORMS = Transforms(ini.read(DEFAULT / "transforms.conf"))
SENT = "CrowdStrike:Event:Streams"
# what the input's schema takes for a source (`source` in input.schema.json): one line, 255 characters at most
sources = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\x7f"), min_size=1, max_size=255
)
partitions = st.from_regex(r"[0-9A-Za-z_-]{1,8}", fullmatch=True)


# what the tenants' schema takes for a name, and `isprintable`
names = st.text(
    st.characters(blacklist_categories=("C", "Zl", "Zp"), blacklist_characters='":\\\ufffc\ufffd'),
    min_size=1,
    max_size=64,
).filter(lambda name: name == name.strip() and name.isprintable() and name[0] not in "=+-@")


def indexed(source: str) -> tuple[str, object, object]:
    """The source, partition, and tenant that an event has in the index, from the source that the input sends."""
    settings = PROPS.settings_for(source, "box", "CrowdStrike:Event:Streams:JSON")
    keys = {"_raw": "{}", "_meta": "", "MetaData:Source": f"source::{source}"}
    for transform in TRANSFORMS.named(settings):
        apply(transform, keys)
    fields = json.loads(json.dumps(indexed_fields(keys["_meta"])))
    return keys["MetaData:Source"].partition("::")[2], fields.get("falcon_partition"), fields.get("falcon_tenant")


@given(partitions, sources)
def test_an_own_source_is_indexed_as_it_is_with_its_partition(partition: str, source: str) -> None:
    assert indexed(f"{SENT}:{partition}:{source}") == (source, partition, None)


@given(partitions)
def test_the_streams_own_source_is_the_vendors(partition: str) -> None:
    assert indexed(f"{SENT}:{partition}") == (SENT, partition, None)


@given(partitions, names, sources)
def test_a_tenants_name_becomes_a_field_whole_and_leaves_the_source(partition: str, name: str, source: str) -> None:
    assert check_tenant("a" * 32, {"name": name}).name == name
    assert indexed(f"{SENT}:{partition}@{name}") == (SENT, partition, name)
    assert indexed(f"{SENT}:{partition}@{name}:{source}") == (source, partition, name)


@pytest.mark.parametrize(
    "name", ["ACME & S\u00f6hne, <Berlin>", "a@b", "'; drop", "$1", "x=y", "a  b", "/etc/passwd", "0"]
)
def test_the_renderer_sends_a_name_so_that_it_arrives(name: str) -> None:
    register = Register(Tenants([Tenant("a" * 32, name)]))
    line = b'{"metadata":{"customerIDString":"%s","offset":1}}' % (b"a" * 32)
    rendered = Renderer(Routing("i", source="my: own @source"), register=register).render("7", read_batch([line]), 0.0)

    sent = ElementTree.fromstring(rendered).findtext("source")
    assert indexed(sent or "") == ("my: own @source", "7", name)


@pytest.mark.parametrize(
    ("path", "sourcetype"),
    [
        ("/opt/splunk/var/log/splunk/falcon_event_streams_main.log", "falcon:event_streams:log"),
        ("/opt/splunk/var/log/splunk/falcon_event_streams_main.log.1", "falcon:event_streams:log"),
        (r"C:\Program Files\Splunk\var\log\splunk\falcon_event_streams_main.log", "falcon:event_streams:log"),
        (r"D:\splunk\var\log\splunk\falcon_event_streams_a-b.log.2", "falcon:event_streams:log"),
        ("/opt/splunk/var/log/splunk/splunkd.log", None),
        ("/opt/splunk/falcon_event_streams_x/other.log", None),
    ],
)
def test_a_log_of_an_input_has_its_sourcetype_on_linux_and_on_windows(path: str, sourcetype: str | None) -> None:
    assert PROPS.settings_for(path, "box", "too_small").get("sourcetype") == sourcetype
