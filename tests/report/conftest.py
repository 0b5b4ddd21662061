"""One small run for all tests of the page, and a real browser to open it in."""

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import sync_playwright

import nucleate
from nucleate.report.contents import read_run
from nucleate.report.page import render

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    return nucleate.run("smoke", tmp_path_factory.mktemp("report") / "smoke").folder


@pytest.fixture(scope="session")
def contents(run_folder):
    return read_run(run_folder)


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page with everything that it said and asked for."""

    page: object
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def open_page(browser, tmp_path_factory):
    """Opens runs as a page; afterwards nothing was said on the console and nothing left the page."""

    @contextmanager
    def opened(*runs, width=1440, scheme="light", n_points=None):
        path = tmp_path_factory.mktemp("page") / "report.html"
        path.write_text(render(list(runs), n_points), encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        page = context.new_page()
        one = Opened(page)
        page.on("console", lambda message: one.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: one.console.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (one.console.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: one.requests.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready=yes]", timeout=60_000)
        yield one
        assert one.console == []
        assert [url for url in one.requests if not url.startswith((path.as_uri(), "data:", "blob:"))] == []
        context.close()

    return opened
