"""The tab of the offsets: an admin stops an input, sets it back, starts it, and takes that back."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.ui.stage import Stage


def section(stage: Stage) -> Locator:
    return stage.page.locator("#offsets-main")


def press(stage: Stage, name: str) -> None:
    section(stage).get_by_role("button", name=name, exact=True).click()


def set_back_and_undo(stage: Stage) -> None:
    scene = stage.scene
    scene.add_account()
    scene.begin()
    scene.wait_until_all_arrived()
    scene.wait_until_committed()
    last = scene.committed()
    stage.open("configuration", "Offsets")
    expect(section(stage).get_by_text("To change its offsets, stop the input first.")).to_be_visible()
    expect(section(stage).get_by_role("cell", name="after offset").first).to_be_visible()
    expect(section(stage).get_by_role("button", name="Preview", exact=True)).to_have_count(0)
    stage.shoot("offsets-running")

    press(stage, "Stop")
    expect(section(stage).get_by_text("Stopped. Its records are in files.")).to_be_visible()
    section(stage).get_by_label("Go on at").fill("0")
    press(stage, "Preview")
    expect(section(stage).get_by_role("cell", name="at offset 0", exact=True)).to_have_count(2)
    stage.shoot("offsets-preview")
    section(stage).get_by_label("Why").fill("the index was emptied")
    press(stage, "Apply")
    expect(stage.page.get_by_text("Done. main goes on there when it starts.")).to_be_visible()
    section(stage).get_by_text("Changes (1)").click()
    expect(section(stage).get_by_role("cell", name="set all to 0", exact=True)).to_be_visible()
    stage.shoot("offsets-set")

    press(stage, "Start")
    scene.wait_until_committed()
    assert scene.compare().repeated == sum(len(entries) for entries in scene.falcon.ledger().values())
    stage.page.get_by_role("button", name="Load again").click()
    # disabled until what came is on the page; what was there before is replaced then, and a click on it would be lost
    expect(stage.page.get_by_role("button", name="Load again")).to_be_enabled(timeout=30_000)
    press(stage, "Stop")
    press(stage, "Undo the last change")
    press(stage, "Apply")
    expect(section(stage).get_by_text("Changes (1)")).to_have_count(0)
    assert scene.committed() == last
    stage.say("set back, read again, and undone")


def skip_without_a_reason_is_refused(stage: Stage) -> None:
    section(stage).get_by_label("Go on at").fill("99999999")
    press(stage, "Preview")
    press(stage, "Apply")
    stage.expected += 2  # the answer, and what the browser says of it
    expect(stage.page.get_by_text("can leave out").last).to_be_visible()
    expect(stage.page.get_by_role("status").get_by_text("If you want that, say why")).to_be_visible()


def carry_to_the_kv_store_and_out_as_text(stage: Stage) -> None:
    press(stage, "Move the records to the KV store")
    press(stage, "Apply")
    expect(section(stage).get_by_text("Its records are in the KV store.")).to_be_visible()
    section(stage).get_by_text("Carry to or from another machine").click()
    press(stage, "Export")
    expect(stage.page.get_by_text("Copy this text, and import it on the other machine.")).to_be_visible()
    text = section(stage).get_by_label("The records as one text").input_value()
    assert '"falcon_event_streams_offsets": 1' in text
    stage.shoot("offsets-carry")


def look_at_it_in_the_dark(stage: Stage) -> None:
    stage.scene.splunkd.switch(theme="dark")
    stage.open("configuration", "Offsets")
    section(stage).get_by_label("Go on at").fill("-2h")
    press(stage, "Preview")
    expect(section(stage).get_by_role("cell", name="at the first event created at").first).to_be_visible()
    stage.shoot("offsets-dark")
    stage.scene.splunkd.switch(theme="light")


def hostile_texts_stay_texts(stage: Stage) -> None:
    """Whoever has written a reason is another admin; it is shown as it was typed."""
    section(stage).get_by_label("Go on at").fill("oldest")
    press(stage, "Preview")
    section(stage).get_by_label("Why").fill("<img src=x onerror=alert(1)>")
    press(stage, "Apply")
    expect(section(stage).get_by_text("<img src=x onerror=alert(1)>").first).to_be_visible()
    assert stage.page.locator(".fes img").count() == 0


def test_an_admin_sets_an_input_back_takes_that_back_and_carries_its_records_by_clicks(stage: Stage) -> None:
    set_back_and_undo(stage)
    skip_without_a_reason_is_refused(stage)
    carry_to_the_kv_store_and_out_as_text(stage)
    look_at_it_in_the_dark(stage)
    hostile_texts_stay_texts(stage)
