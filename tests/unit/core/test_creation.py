"""A creation time is read in every form that was seen, and nothing else is taken for one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falcon_streams.core.creation import creation_time

AT = 1_657_110_865_303


@pytest.mark.parametrize(
    "value",
    [
        AT,
        float(AT),
        str(AT),
        f"{AT}.0",
        f" {AT} ",
        1_657_110_865.303,
        "1657110865.303",
        AT * 1000 + 999,
        float(AT * 1000),
        AT * 1_000_000 + 999_999,
        str(AT * 1_000_000),
        "2022-07-06T12:34:25.303Z",
        "2022-07-06T12:34:25.303826373Z",
        "2022-07-06T12:34:25,303z",
        "2022-07-06 12:34:25.303",
        "2022-07-06 12:34:25.303 UTC",
        "2022-07-06T14:34:25.303+02:00",
        "2022-07-06T07:04:25.303-0530",
    ],
)
def test_one_instant_in_every_form_is_that_instant(value: Any) -> None:
    assert creation_time(value) == AT


@pytest.mark.parametrize("value", [1_657_110_865, "1657110865", 1_657_110_865.0, "2022-07-06T12:34:25Z"])
def test_whole_seconds_are_whole_seconds(value: Any) -> None:
    assert creation_time(value) == 1_657_110_865_000


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        [],
        {},
        "",
        "yesterday",
        0,
        -AT,
        f"-{AT}",
        "1e12",
        "١٦٥٧١١٠٨٦٥٣٠٣",
        float("nan"),
        float("inf"),
        10**400,
        "9" * 5000,
        99_999_999_999_999,
        915_148_800,
        "0001-01-01T00:00:00Z",
        "1999-12-31T23:59:59.999Z",
        "2100-01-01T00:00:00.001Z",
        "9999-12-31T23:59:59Z",
        "2022-02-30T12:00:00Z",
        "2022-07-06T25:00:00Z",
        "2022-07-06",
    ],
)
def test_what_is_no_time_or_none_of_this_century_is_none(value: Any) -> None:
    assert creation_time(value) is None


@given(st.integers(946_684_800_000, 4_102_444_800_000), st.sampled_from([1, 1000, 1_000_000]))
def test_no_unit_is_taken_for_another(millis: int, unit: int) -> None:
    assert creation_time(millis * unit) == millis
    assert creation_time(str(millis * unit)) == millis
    assert creation_time(millis / 1000) == millis
    assert creation_time(f"{millis // 1000}.{millis % 1000:03}") == millis


@given(st.text() | st.floats() | st.integers())
def test_any_value_is_a_time_of_this_century_or_none(value: Any) -> None:
    found = creation_time(value)

    assert found is None or 946_684_800_000 <= found <= 4_102_444_800_000
