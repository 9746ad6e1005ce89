"""The usage page in a real browser, at a desk and on a phone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from storage_api.database import Database
from tests.metering.scenes import GB, STEP, one_pass, sample, user
from tests.servers import DUMMY, Server, flask_server
from tests.test_browser import ARGUMENTS, chromium

NAMES = ("alice", "bob", "dave$<b>", "a-very-long-name-that-goes-on-and-on@example.org", "_eve")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("usage")
    _fill(folder)
    settings = {
        "SAPI_BACKENDS": f"{DUMMY}🦄empty🌈DummyStorage",
        "SAPI_STATE_DIRECTORY": str(folder),
        "SAPI_BILLING_TIMEZONE": "Europe/Zurich",
    }
    with flask_server(settings, folder / "log") as server:
        yield server


def _fill(folder: Path) -> None:
    database = Database(None, lambda: folder)
    begin = datetime.now(UTC) - timedelta(days=1)
    for number in range(96):
        at = begin + number * STEP
        if not 30 < number < 45:
            used = [(place + 1) * (number + 20) * GB for place in range(len(NAMES))]
            samples = [sample(user(n), at, b) for n, b in zip(NAMES, used, strict=True)]
            one_pass(database, at, samples, endpoint="dummy")
    database.close()


@pytest.mark.parametrize(("device", "width"), [("desk", 1280), ("phone", 360)])
def test_the_page_shows_every_back_end_s_usage(
    browser: Browser, server: Server, artifacts: Path, device: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.set_default_timeout(20_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(server.url)
    page.click("#usage")
    page.get_by_role("button", name="Show").click()
    assert page.locator("[role=alert]").count() == 0
    page.fill("input[name=from]", (datetime.now(UTC) - timedelta(days=2)).date().isoformat())
    page.fill("input[name=to]", (datetime.now(UTC) + timedelta(days=1)).date().isoformat())
    page.select_option("select[name=unit]", "TB")
    page.get_by_role("button", name="Show").click()
    page.wait_for_load_state("load")
    assert page.locator("figcaption").count() == 2
    widths = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(widths) == 2
    assert all(widths)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=artifacts / f"usage-{device}.png", full_page=True)
    page.fill("input[name=from]", "yesterday")
    page.get_by_role("button", name="Show").click()
    assert "must be a moment" in page.inner_text("[role=alert]")
    context.close()
    assert [text for text in complaints if "400" not in text] == []
