"""The Swagger page in a real browser: it shows, signs on and works, and asks nobody else."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.conformance.client import OverNetwork
from tests.conftest import skip_or_fail
from tests.servers import DUMMY, Server, uwsgi_server

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BACKENDS = f"{DUMMY}🦄second🌈DummyStorage"


class Visit:
    """A page with everything that went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", lambda request: self.complaints.append(request.url))
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2].split(":")[0]))

    def _console(self, message: object) -> None:
        kind = getattr(message, "type", "")
        if kind in {"error", "warning"}:
            self.complaints.append(str(getattr(message, "text", "")))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("browser") / "log"
    settings = {"SAPI_BACKENDS": BACKENDS, "FLASK_DEBUG": "1"}
    with uwsgi_server(settings, log, processes=2) as server:
        yield server


def chromium() -> str:
    """The program; without one there is no test."""
    program = shutil.which("chromium")
    if program is None:
        skip_or_fail("chromium not installed: apt-get install -y chromium")
    return program


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 1600})
    context.set_default_timeout(20_000)
    visit = Visit(context.new_page())
    visit.page.goto(server.url)
    visit.page.wait_for_selector(".opblock-tag-section")
    yield visit
    context.close()
    assert visit.complaints == []
    assert visit.hosts <= {"127.0.0.1"}


def sign_on(visit: Visit) -> None:
    visit.page.click("#login")
    visit.page.wait_for_selector("#logout")
    visit.page.wait_for_selector(".opblock-tag-section")


def try_out(visit: Visit, operation_id: str, names: dict[str, str], body: str) -> Locator:
    """Fill in one operation's form as a person does, send it, and answer its block."""
    page = visit.page
    block = page.locator(f"[id$='-{operation_id}']").first
    if not block.is_visible():
        page.locator("#operations-tag-dummy").click()
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    for name, value in names.items():
        block.locator(f"tr[data-param-name='{name}'] input").first.fill(value)
    block.locator("textarea.body-param__text").fill(body)
    block.get_by_role("button", name="Execute").click()
    _status(block).wait_for()
    return block


def _status(block: Locator) -> Locator:
    return block.locator(".live-responses-table td.response-col_status:not(.col_header)")


def status_of(block: Locator) -> str:
    return _status(block).inner_text().strip()


def test_the_page_shows_every_back_end(visit: Visit) -> None:
    tags = visit.page.locator(".opblock-tag").all_inner_texts()
    shown = {text.split()[0] for text in tags}
    assert {"dummy", "second", "conf"} <= shown
    assert "Not signed on" in visit.page.inner_text("#who")


def test_a_developer_signs_on_and_off_by_the_link(visit: Visit) -> None:
    sign_on(visit)
    text = visit.page.inner_text("#who")
    for role in ("USER", "ADMIN", "UBER_ADMIN"):
        assert role in text
    visit.page.click("#logout")
    visit.page.wait_for_selector("#login")
    assert "Not signed on" in visit.page.inner_text("#who")


def test_volumes_and_buckets_are_made_on_the_page(
    visit: Visit, server: Server, artifacts: Path
) -> None:
    sign_on(visit)
    made = try_out(
        visit, "dummy_create_volume", {"volume": "by-hand"}, '{"size_total": 1073741824}'
    )
    assert status_of(made) == "201"
    user = try_out(visit, "dummy_create_user", {"uid": "alice"}, '{"display_name": "Alice"}')
    assert status_of(user) == "201"
    bucket = try_out(visit, "dummy_create_bucket", {"bucket": "by-hand"}, '{"owner": "alice"}')
    assert status_of(bucket) == "201"
    bucket.locator(".opblock-summary").scroll_into_view_if_needed()
    visit.page.screenshot(path=artifacts / "swagger-try-it-out.png")
    api = OverNetwork(server.url)
    assert api.get("/v3/dummy/volumes/by-hand").expect(200)["size_total"] == 1073741824
    assert api.get("/v3/dummy/buckets/by-hand").expect(200)["owner"] == "alice"


def test_the_closed_page_fits_the_window(visit: Visit, artifacts: Path) -> None:
    visit.page.screenshot(path=artifacts / "swagger.png")
    width = visit.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 1280
