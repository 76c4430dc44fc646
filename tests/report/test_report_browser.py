"""The page in a real browser: it loads from the disk, says nothing to the console, and fits a phone."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from serkit import report
from serkit.runs import Run

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

# fmt: off
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--timeout=5000",
]
# fmt: on


def load(url: str, profile: Path, *flags: str) -> tuple[str, list[str]]:
    """The DOM after loading, and the lines that the page left in the console."""
    command = [str(CHROMIUM), *QUIET, f"--user-data-dir={profile}", *flags, "--dump-dom", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.fixture(scope="module")
def page(make_run: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report.write(make_run(tmp_path_factory.mktemp("browser") / "run", seeds=(0,)))


def test_loads_whole_and_in_silence(page: Path, tmp_path: Path) -> None:
    dom, console = load(page.as_uri(), tmp_path)
    assert console == []
    assert dom.rstrip().endswith("</html>")
    assert dom.count("<section") == 8  # no notices: the Run is complete
    assert dom.count("<audio") == 12
    assert dom.count("<svg") == 3 + 2


def test_the_policy_stops_what_should_not_run(page: Path, tmp_path: Path) -> None:
    """Shows that the check above would see an error."""
    broken = tmp_path / "broken.html"
    broken.write_text(page.read_text().replace("</main>", "<script>document.title = 'ran'</script></main>"))
    dom, console = load(broken.as_uri(), tmp_path / "profile")
    assert any("Content Security Policy" in line for line in console)
    assert "<title>ran" not in dom


def test_nothing_is_wider_than_the_screen(page: Path, tmp_path: Path) -> None:
    inside = page.read_text().replace("default-src 'none'; ", "script-src 'unsafe-inline'; ")
    measure = "<script>parent.postMessage(`${innerWidth}:${document.documentElement.scrollWidth}`, '*')</script>"
    (tmp_path / "page.html").write_text(inside.replace("</body>", f"{measure}</body>"))
    widths = (360, 390, 700, 1280)
    frames = "".join(f'<iframe src="page.html" style="width:{width}px;height:300px;border:0"></iframe>' for width in widths)
    listen = "<p></p><script>onmessage = (event) => { document.querySelector('p').append(`${event.data} `) }</script>"
    (tmp_path / "frames.html").write_text(listen + frames)
    dom, _ = load((tmp_path / "frames.html").as_uri(), tmp_path / "profile", "--window-size=1400,1300")
    found = {int(screen): int(wide) for screen, wide in re.findall(r"(\d+):(\d+) ", dom)}
    assert set(found) == set(widths), "not every page reported its width"
    assert all(wide <= screen for screen, wide in found.items()), found
