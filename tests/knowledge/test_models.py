"""Every event type against the CIM model it is tagged for, and the exceptions by name.

The exceptions are those that the events reference, section 10, names: what the event does not say is not invented.
"""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.knowledge.conftest import Search
from tests.knowledge.models import Model, faults, load, models_of
from tests.knowledge.test_golden import CASES, generated
from tools import environments

NOBODY = {"user"}
EXCEPTIONS = {
    "OverwatchGenericDetectionSummaryEvent": {"dest", "src", "user"},  # a cloud account: no host, no user
    "ReconNotificationSummaryEvent": {"dest", "src", "user"},  # a find on the dark web concerns no host
    "IncidentSummaryEvent": {"src", "user"},  # an agent id only
    "CSPMSearchStreamingEvent": {"src", "user"},  # a resource that is wrongly set up: nobody acts
    "CustomerIOCEvent": NOBODY,
    "HashSpreadingEvent": {"dest", "src", "user"},
    "AutomatedLeadSummaryEvent": NOBODY,
    "IdentityProtectionEvent": {"dest", "src"},  # both names may be empty
    "RemoteResponseSessionStartEvent": {"src"},  # a shell without a source address
    "RemoteResponseSessionEndEvent": {"src"},
    "UserActivityAuditEvent": {"src", "object_id"},  # automation has no address; some objects have only a name
    "AuthActivityAuditEvent": {"src", "object_id"},
    "XdrDetectionSummaryEvent": {"dest", "src", "user"},  # each of its lists is optional
    "MobileDetectionSummaryEvent": set(),
}
# An on-demand scan, an indicator without a file: the detection names no file.
ON_DEMAND = {"EppDetectionSummaryEvent": {"dest"}, "DetectionSummaryEvent": set()}


@pytest.fixture(scope="module", params=environments.MODELS)
def models(request: pytest.FixtureRequest) -> list[Model]:
    return load(request.param)


def test_every_type_fills_its_model_but_for_the_named_exceptions(search: Search, models: list[Model]) -> None:
    rows: dict[tuple[str, str, str, str], list[dict[str, str]]] = defaultdict(list)
    for raw in [*(case.raw() for case in CASES), *generated(hard=False)]:
        result = search(raw)
        event_type = (result.value("vendor_event_type") or "").replace("EPPDetection", "EppDetection")
        own = next(name for name in result.eventtypes if name.startswith("crowdstrike_es_"))
        inside = models_of(result, models)
        assert len(inside) <= 1, (event_type, inside)
        for model in inside:
            rows[event_type, own, " ".join(sorted(result.tags)), model.name].append(faults(result, model))
        if not inside:
            rows[event_type, own, " ".join(sorted(result.tags)), "-"].append({})
    wrong = []
    for (event_type, own, tags, model_name), found in sorted(rows.items()):
        allowed = {**EXCEPTIONS, **ON_DEMAND}.get(event_type, set())
        lacking = sorted({f"{name} ({fault})" for each in found for name, fault in each.items()})
        said = ", ".join(lacking) or "all filled"
        print(f"{event_type:38} {own:32} {tags:20} {model_name:16} {len(found):4} events  {said}")
        wrong += [
            (event_type, name, fault)
            for each in found
            for name, fault in each.items()
            if name not in allowed or fault != "missing"
        ]
    assert wrong == []


def test_an_empty_field_and_a_wrong_value_are_found(search: Search, models: list[Model]) -> None:
    """The control of the former."""
    result = search(CASES[0].raw())
    (model,) = models_of(result, models)
    assert faults(result, model) == {}
    del result.fields["signature"]
    result.fields["severity"] = ["High"]
    result.fields["dest"] = ["a", "b"]
    assert set(faults(result, model)) == {"signature", "severity", "dest"}


def test_objects_of_accounts_and_of_nothing_else_are_users(search: Search) -> None:
    for raw in [*(case.raw() for case in CASES), *generated()]:
        result = search(raw)
        if "change" in result.tags:
            assert (result.value("object_category") == "user") == ("account" in result.tags)
            assert '"' not in (result.value("object_attrs") or "")


def test_nothing_that_enterprise_security_owns_is_defined(search: Search) -> None:
    owned = {f"{who}_{what}" for who in ("dest", "src", "user", "dvc") for what in ("bunit", "category", "priority")}
    for raw in generated():
        assert not owned & set(search(raw).fields)
