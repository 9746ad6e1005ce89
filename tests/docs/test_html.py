"""`make html`: without a warning, complete, and readable in a browser that has no network."""

import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import skip_or_fail
from tests.docs.pages import DOCS
from tests.servers import ROOT, environment
from tests.test_browser import ARGUMENTS, Visit, chromium

WIDTHS = {"desktop": 1280, "phone": 390}
BUILT = ROOT / "build" / "html"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's name
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address where what was made is published."""
    done = subprocess.run(
        [ROOT / "tools" / "html.sh"],
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    if "needs npm" in done.stderr:
        skip_or_fail(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=BUILT)) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(params=WIDTHS)
def visit(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Visit]:
    """A page in a browser that reaches nothing but the site; an attempt is a complaint."""
    context = browser.new_context(viewport={"width": WIDTHS[request.param], "height": 900})
    context.route(lambda url: not url.startswith(site), lambda route: route.abort())
    visit = Visit(context.new_page())
    yield visit
    context.close()
    assert visit.complaints == []
    # What a page holds as data has no host.
    assert visit.hosts <= {"127.0.0.1", ""}


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_the_guides_are_read_without_a_network(site: str, visit: Visit) -> None:
    for name in ("index", "configure", "upgrade", "add-a-backend", "backends/index"):
        visit.page.goto(f"{site}/{name}.html", wait_until="load")
        assert visit.page.locator("article h1").first.is_visible(), name
        assert fits(visit.page), name


def test_the_reference_is_read_without_a_network(site: str, visit: Visit, artifacts: Path) -> None:
    visit.page.goto(f"{site}/index.html")
    visit.page.locator("article").get_by_role("link", name="API reference").first.click()
    visit.page.get_by_text("To the guides").first.wait_for()
    assert fits(visit.page)
    width = visit.page.evaluate("window.innerWidth")
    visit.page.screenshot(path=artifacts / f"reference-{width}.png")
    visit.page.get_by_text("/v3/{endpoint}/volumes/{volume}").first.wait_for()
    visit.page.get_by_text("To the guides").first.click()
    visit.page.get_by_role("heading", name="storage-api").first.wait_for()


def test_the_search_finds_a_setting(site: str, visit: Visit) -> None:
    visit.page.goto(f"{site}/search.html?q=SAPI_BILLING_TIMEZONE")
    visit.page.locator("#search-results li a").first.wait_for()
    found = visit.page.locator("#search-results li a").all_inner_texts()
    assert "Configure" in found


def test_every_guide_is_there(site: str) -> None:
    pages = {str(page.relative_to(DOCS).with_suffix(".html")) for page in DOCS.rglob("*.md")}
    assert pages <= {str(page.relative_to(BUILT)) for page in BUILT.rglob("*.html")}
    for name in ("swagger.json", "openapi.json"):
        assert (BUILT / name).read_bytes() == (ROOT / "build" / name).read_bytes()
