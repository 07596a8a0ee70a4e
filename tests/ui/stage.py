"""What an admin does with the pages, in words: log in, open a page, fill in a form, read the table.

Rules: fields are found by their setting, buttons by their name. Whatever the browser says on its console at level
error, and every answer of the server with a status of 400 or more, is kept; what a test does not expect fails it at the
end. Every body that the browser was given is kept for the search for secrets.
"""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page, Response, expect

from tests.integration.scene import Scene

APP = "TA_falcon_event_streams"
_MARKS = "\u25cf\u25d0\u25cb\u25c6\u25b2\u00a0"  # of the states of inputs
_FIELD = "[data-test=control-group][data-name={}]"


class Stage:
    """A scene with a browser before it. A context manager; at its end nothing unexpected may have been said."""

    def __init__(
        self,
        browser: Browser,
        package: Path,
        folder: Path,
        shots: Path,
        landing: str = "",
        kind: Any = Scene,
        **scene: Any,
    ) -> None:
        """`landing` is the view that a login leads to where it is not `inputs`; `kind` is the scene's."""
        wanted = {"partitions": 2, "preload": 10, "lock": 0.5, "account": False, **scene}
        self.scene: Scene = kind(folder, package, web=True, **wanted)
        self.expected = 0
        self.troubles: list[str] = []
        self.bodies: list[tuple[Path, bytes]] = []
        self._browser = browser
        self._shots = shots
        self._landing = landing or "inputs"
        self._began = time.monotonic()

    def __enter__(self) -> Stage:
        self.scene.__enter__()
        try:
            self.context = self._browser.new_context(viewport={"width": 1280, "height": 900})
            self.page = self.context.new_page()
            self._listen(self.page)
            self.log_in()
        except BaseException:
            self.scene.__exit__()
            raise
        return self

    def __exit__(self, *problem: object) -> None:
        self.context.close()
        self.scene.__exit__()
        if problem[0] is None:
            assert len(self.troubles) == self.expected, self.troubles

    def log_in(self, username: str = "", password: str = "") -> None:
        """Through the login page to the app's first page."""
        told = self.scene.splunkd.told
        self.page.goto(f"{self.scene.splunkd.web_uri}/en-US/app/{APP}/{self._landing}")
        self.page.get_by_label("username").fill(username or told["username"])
        self.page.get_by_label("password").fill(password or told["password"])
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"**/{self._landing}")

    def open(self, page: str, tab: str = "") -> None:
        """A page of the app, and a tab of it."""
        self.page.goto(f"{self.scene.splunkd.web_uri}/en-US/app/{APP}/{page}")
        if tab:
            self.page.get_by_role("tab", name=tab).click()
        expect(self.page.get_by_text("Add-on Version: ")).to_be_visible()
        self.page.wait_for_load_state("networkidle")  # what comes later puts other buttons in the place of the first

    # -- forms -----------------------------------------------------------------------------------------------------

    def field(self, setting: str) -> Locator:
        """The group of a setting that is seen: its control, its help, its messages. Tabs that are not shown may have
        one of the same name."""
        return self.page.locator(_FIELD.format(setting)).filter(visible=True)

    def fill(self, **settings: str) -> None:
        """Type into text fields."""
        for setting, text in settings.items():
            self.field(setting).locator("input, textarea").first.fill(text)

    def value(self, setting: str) -> str:
        """What stands in a text field."""
        return self.field(setting).locator("input, textarea").first.input_value()

    def choose(self, setting: str, option: str) -> None:
        """Choose from a list."""
        self.field(setting).get_by_role("combobox").first.click()
        self.page.get_by_role("option", name=option, exact=True).click()

    def tick(self, setting: str) -> None:
        """Tick, or untick, a box."""
        self.field(setting).get_by_role("checkbox").click()

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def submit(self, button: str) -> None:
        """Press the dialog's button and wait until it has gone."""
        self.dialog.get_by_role("button", name=button, exact=True).click()
        self.wait_until_closed()

    def wait_until_closed(self) -> None:
        """Wait until the dialog has gone; where it stays, the failure says what it shows."""
        try:
            expect(self.dialog).to_be_hidden(timeout=15_000)
        except AssertionError as error:
            raise AssertionError(f"the dialog stays: {self.dialog.inner_text()!r}, {self.troubles}") from error

    def submit_refused(self, button: str, sentence: str) -> None:
        """Press the dialog's button; the page says this, and the dialog stays."""
        self.expected += 2  # the answer, and what the browser says of it
        self.dialog.get_by_role("button", name=button, exact=True).click()
        expect(self.dialog.get_by_text(re.compile(re.escape(sentence)))).to_be_visible(timeout=15_000)

    # -- the tables ------------------------------------------------------------------------------------------------

    def row(self, name: str) -> Locator:
        """A table's row by the name in it."""
        return self.page.locator("tr[data-test=row]").filter(has=self.page.get_by_text(name, exact=True))

    def cell(self, name: str, column: str) -> str:
        """The first line that a cell shows, without a mark before it."""
        return self.row(name).locator(f"[data-column={column}]").inner_text().strip().split("\n")[0].lstrip(_MARKS)

    def press(self, name: str, action: str) -> None:
        """A row's button: Edit, Clone, Delete."""
        self.row(name).get_by_role("button", name=action).click()

    def wait_for_cell(self, name: str, column: str, text: str, seconds: float = 15.0) -> None:
        """Load the table anew until a cell shows this."""
        deadline = time.monotonic() + seconds
        while self.cell(name, column) != text:
            assert time.monotonic() < deadline, f"{column} of {name} is {self.cell(name, column)}, not {text}"
            self.page.wait_for_timeout(300)
            self.page.reload()
            expect(self.row(name)).to_be_visible()

    # -- what was seen ---------------------------------------------------------------------------------------------

    def shoot(self, name: str) -> None:
        """A picture of the page as it is."""
        self._shots.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(400)  # until what fades has faded
        self.page.screenshot(path=self._shots / f"{name}.png")

    def say(self, text: str) -> None:
        """A line of the transcript."""
        print(f"{time.monotonic() - self._began:6.1f} s  {text}", flush=True)

    def _listen(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("response", self._keep)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.troubles.append(message.text)

    def _keep(self, response: Response) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.status} {response.request.method} {response.url}")
        if response.status < 300 and "/static/" not in response.url:
            with contextlib.suppress(Error):  # of a page that was left meanwhile
                self.bodies.append((Path(response.url), response.body()))
