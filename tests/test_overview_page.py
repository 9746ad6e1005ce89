"""The overview in a real browser: at a desk and on a phone, by light and by dark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import requests
from playwright.sync_api import Browser, Page, sync_playwright

from tests.servers import DUMMY, Server, uwsgi_server
from tests.test_browser import ARGUMENTS, chromium

_DOWN = "filer🌈NetappStorage🌈username🌈u🌈password🌈p🌈vserver🌈vs1🌈hostname🌈127.0.0.1:9"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("overview") / "log"
    settings = {"SAPI_BACKENDS": f"{DUMMY}🦄{_DOWN}", "FLASK_DEBUG": "1"}
    with uwsgi_server(settings, log, processes=1, threads=8) as server:
        with requests.Session() as person:
            person.get(f"{server.url}/login").raise_for_status()
            for number in range(12):
                body = {"junction_path": f"/v{number}", "size_total": 10**12}
                url = f"{server.url}/v3/dummy/volumes/a-rather-long-name-of-a-volume-{number}"
                person.post(url, json=body).raise_for_status()
        yield server


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_every_back_end_s_figures_come_in(
    browser: Browser,
    server: Server,
    artifacts: Path,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]))
    _open(page, server)
    assert page.locator("canvas[data-drawn]").count() == 1
    assert "1.00 PiB" in page.inner_text("#backend-dummy")
    assert page.inner_text("#backend-filer .state") == "down"
    assert page.locator("#backend-filer [role=alert]").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    bright = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (bright == "rgb(255, 255, 255)") is (scheme == "light")
    page.screenshot(path=artifacts / f"overview-{width}.png", full_page=True)
    context.close()
    assert (complaints, hosts) == ([], {"127.0.0.1"})


def test_a_keyboard_is_enough(browser: Browser, server: Server) -> None:
    """From the top of the page to the operation behind a figure."""
    page = browser.new_context().new_page()
    _open(page, server)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.locator("#backend-dummy h3 a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".opblock.is-open")
    assert page.url.endswith("/#/dummy/dummy_get_capacity")
    assert "/v3/dummy/capacity" in page.inner_text(".opblock.is-open .opblock-summary")
    page.context.close()


def test_without_scripts_figures_are_a_link_away(browser: Browser, server: Server) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{server.url}/login?next=/overview")
    page.get_by_role("link", name="Figures of dummy").click()
    assert "1.00 PiB" in page.inner_text("#backend-dummy")
    page.context.close()


def _open(page: Page, server: Server) -> None:
    page.set_default_timeout(20_000)
    page.goto(f"{server.url}/login?next=/overview")
    page.wait_for_selector("[data-figures]", state="detached")
