"""A front end's tools, for real: the npm package as it is built, a node of the server, and Chromium."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.cluster import Cluster
from tests.node import installed, run

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "contracts" / "typescript"
APP = Path(__file__).parent / "app"
#: Names under which Chromium is installed.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: It runs as root in a container, and looks for nothing outside the machine.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: What the app's page may do: its own scripts and styles, no eval; sockets to anywhere.
POLICY = "default-src 'self'; connect-src *; img-src data:"


@pytest.fixture(scope="session")
def package() -> Path:
    """Return the folder of the npm package, built anew."""
    installed(PACKAGE)
    run("npm", "run", "build", "--silent", cwd=PACKAGE)
    return PACKAGE


@pytest.fixture(scope="session")
def secret() -> str:
    return secrets.token_hex(32)


@pytest.fixture(scope="session")
def server(redis_url: str, secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the URL of a running node."""
    cluster = Cluster(redis_url, secret, tmp_path_factory.mktemp("node"), nodes=1)
    cluster.start()
    yield cluster.urls[0]
    cluster.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail(f"no browser is installed: these tests want Chromium ({', '.join(BROWSERS)})")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


class _Handler(SimpleHTTPRequestHandler):
    """A web server for the app, with a strict policy, and silent."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def app(package: Path) -> Iterator[str]:
    """Yield the URL of the app, built by Vite."""
    installed(APP)
    run("npm", "run", "build", "--silent", cwd=APP)
    site = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(APP / "dist")))
    thread = Thread(target=site.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{site.server_port}/"
    site.shutdown()
    thread.join()
    site.server_close()
