"""The service as a site runs it: https in front, several workers, restarts, new keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, sync_playwright

from storage_api.security.roles import Role
from tests.api.callers import call, cookie_of
from tests.conftest import skip_or_fail
from tests.security.site import Site, site
from tests.security.test_signon import PRODUCTION
from tests.servers import DUMMY, service, uwsgi_server
from tests.services.oidc import INSTALL, missing_programs
from tests.test_browser import ARGUMENTS, chromium


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if missing := missing_programs():
        skip_or_fail(f"{', '.join(missing)} not installed: {INSTALL}")
    with site(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture
def page(running: Site) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        context = browser.new_context(
            ignore_https_errors=True, viewport={"width": 1280, "height": 900}
        )
        context.set_default_timeout(20_000)
        yield context.new_page()
        browser.close()


def test_a_person_signs_on_and_off_in_a_browser(running: Site, page: Page, artifacts: Path) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]))
    page.goto(running.url)
    page.wait_for_selector(".opblock-tag-section")
    assert "Not signed on" in page.inner_text("#who")
    page.click("#login")
    page.fill("input[name=login]", "bob")
    page.fill("input[name=password]", "any")
    page.click("button[type=submit]")
    page.click("button[type=submit]")  # the provider asks for consent
    page.wait_for_selector("#logout")
    page.wait_for_selector(".opblock-tag-section")
    assert page.inner_text("#who") == "Signed on as Bob · roles: ADMIN"
    page.screenshot(path=artifacts / "signed-on.png")
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies(running.url)}
    session = cookies["__Host-sapi_session"]
    assert (session["secure"], session["httpOnly"], session["sameSite"]) == (True, True, "Lax")
    assert page.evaluate("document.cookie").count("sapi") == 0
    page.click("#logout")
    page.click("button[value=yes]")  # the provider asks whether its own session shall end
    page.wait_for_selector("#login")
    assert "Not signed on" in page.inner_text("#who")
    page.click("#login")
    page.wait_for_selector("input[name=password]")  # so the provider's session has ended as well
    assert hosts == {"127.0.0.1"}


def test_a_bearer_token_is_pasted_on_the_page(running: Site, page: Page, artifacts: Path) -> None:
    page.goto(running.url)
    page.wait_for_selector(".opblock-tag-section")
    page.click(".auth-wrapper .authorize")
    bearer = page.locator(".auth-container", has_text="bearer")
    page.screenshot(path=artifacts / "authorize.png")
    bearer.locator("input").fill(running.provider.access_token("bob"))
    bearer.locator("button.authorize").click()
    page.click(".btn-done")
    page.locator("#operations-tag-conf, [id='operations-tag-conf']").first.click()
    block = page.locator("[id$='-list_my_roles']").first
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    shown = block.locator(".live-responses-table .response-col_description .microlight").first
    assert "ADMIN" in shown.inner_text()


def test_a_session_works_in_every_worker(running: Site) -> None:
    browser = running.sign_on("bob")
    roles = [browser.get(f"{running.url}/conf/me/roles", timeout=10).json() for _ in range(40)]
    assert roles == [["ADMIN"]] * 40


def test_a_token_works_in_every_worker(running: Site) -> None:
    headers = {"Authorization": f"Bearer {running.provider.access_token('carol')}"}
    with running.browser() as browser:
        for _ in range(40):
            answer = browser.get(f"{running.url}/conf/me/roles", headers=headers, timeout=10)
            assert answer.json() == ["UBER_ADMIN"]


CLOSED = {**PRODUCTION, "SAPI_BACKENDS": DUMMY}


@pytest.mark.parametrize("extra", [{}, {"SAPI_SECRET_KEY": "given"}], ids=["derived", "given"])
def test_a_session_outlives_restarts(tmp_path: Path, extra: dict[str, str]) -> None:
    settings = {**CLOSED, **extra}
    cookie = cookie_of(service(settings), Role.USER)
    for number in range(2):
        with uwsgi_server(settings, tmp_path / str(number), processes=2) as server:
            for _ in range(5):
                url = f"{server.url}/v3/dummy/volumes"
                assert requests.get(url, headers=cookie, timeout=10).status_code == 200


OLD, NEW = {"SAPI_SECRET_KEY": "old, key"}, {"SAPI_SECRET_KEY": "new-key"}


@pytest.mark.parametrize(
    ("before", "after", "accepted"),
    [
        (OLD, NEW, False),
        (OLD, {**NEW, "SAPI_SECRET_KEY_FALLBACKS": '"old, key"'}, True),
        (OLD, {**NEW, "SAPI_SECRET_KEY_FALLBACKS": 'other,"old, key"'}, True),
        (OLD, {**NEW, "SAPI_SECRET_KEY_FALLBACKS": "old"}, False),
        ({}, NEW, False),
        ({}, {**NEW, "SAPI_SECRET_KEY_FALLBACKS": "oauth-secret"}, True),
        (
            {},
            {"SAPI_OAUTH_SECRET_KEY": "new", "SAPI_SECRET_KEY_FALLBACKS": "oauth-secret"},
            True,
        ),
    ],
)
def test_former_keys_are_accepted_during_a_rotation(
    before: dict[str, str], after: dict[str, str], accepted: bool
) -> None:
    cookie = cookie_of(service({**CLOSED, **before}), Role.USER)
    app = service({**CLOSED, **after})
    status = call(app, "GET", "/v3/dummy/volumes", cookie).status_code
    assert status == (200 if accepted else 403)
    renewed = cookie_of(app, Role.USER)
    assert (
        call(service({**CLOSED, **after}), "GET", "/v3/dummy/volumes", renewed).status_code == 200
    )
    without = {key: value for key, value in after.items() if "FALLBACKS" not in key}
    # New sessions are signed with the new key, so the former one can go after a while.
    assert (
        call(service({**CLOSED, **without}), "GET", "/v3/dummy/volumes", renewed).status_code == 200
    )
