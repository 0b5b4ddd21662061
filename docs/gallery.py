"""The pictures of the page in `gallery.md`: four pages, on wide and narrow screens, dark, and printed.

Run it as `python docs/gallery.py RUN OWN COMPARED`: the folder of a run with interventions, that of an
analysis of one model, and a page of `nucleate compare`. It needs Chromium and, for paper, Ghostscript. Each
picture is written with few colors, so that the repository stays small.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.browser import chromium_at

IMAGES = Path(__file__).parent / "images"
WIDE, MIDDLE, PHONE = (1440, 900), (1024, 768), (390, 844)
GAP, GROUND = 14, "#d8d5cd"
SHEETS = 3
"""How many of a page's first sheets, or of those from its section on, are shown."""
DETAILS = {"page-clusters": "#clusters", "page-verdict": "#verdict", "page-causes": "#causes"}
"""Sections of the run's page that have a picture of their own."""


def main(run: Path, own: Path, compared: Path) -> None:
    """Write all pictures to `docs/images`."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("There is no chromium here.")
    pages = {
        "screens-run": (run / "report.html", ""),
        "screens-own": (own / "report.html", ""),
        "screens-causes": (run / "report.html", "#causes"),
        "screens-compare": (compared, ""),
    }
    with chromium_at(chromium) as browser:
        for name, (path, section) in pages.items():
            write(sheet_of(list(screens(browser, path, section))), name)
        write(screen(browser, run / "report.html", "", WIDE), "page")
        for name, section in DETAILS.items():
            write(screen(browser, run / "report.html", section, WIDE), name)


def screens(browser: Any, path: Path, section: str) -> Iterator[list[Image.Image]]:
    """The rows of a picture: wide by day and by night; narrower ones and paper."""
    yield [screen(browser, path, section, WIDE), screen(browser, path, section, WIDE, scheme="dark")]
    narrow = [screen(browser, path, section, size) for size in (MIDDLE, PHONE)]
    yield [*narrow, *paper(browser, path, section)]


def screen(
    browser: Any, path: Path, section: str, size: tuple[int, int], scheme: str = "light"
) -> Image.Image:
    """What a screen of `size` shows of a page, from a section on."""
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
    )
    _open(page, path, section)
    with tempfile.TemporaryDirectory() as folder:
        page.screenshot(path=f"{folder}/screen.png")
        page.close()
        return Image.open(f"{folder}/screen.png").convert("RGB")


def paper(browser: Any, path: Path, section: str) -> list[Image.Image]:
    """The first sheets as they are printed, or those from the section on."""
    page = browser.new_page(viewport={"width": WIDE[0], "height": WIDE[1]}, reduced_motion="reduce")
    _open(page, path, section)
    with tempfile.TemporaryDirectory() as folder:
        page.pdf(path=f"{folder}/page.pdf", format="A4", print_background=True)
        page.close()
        draw = [
            "gs",
            "-q",
            "-dNOPAUSE",
            "-dBATCH",
            "-sDEVICE=png16m",
            "-r80",
            "-dTextAlphaBits=4",
            "-dGraphicsAlphaBits=4",
        ]
        subprocess.run([*draw, f"-sOutputFile={folder}/%03d.png", f"{folder}/page.pdf"], check=True)
        text = ["gs", "-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=txtwrite"]
        subprocess.run([*text, f"-sOutputFile={folder}/%03d.txt", f"{folder}/page.pdf"], check=True)
        words = [file.read_text(errors="replace") for file in sorted(Path(folder).glob("*.txt"))]
        title = section.removeprefix("#").capitalize()
        first = next(
            (i for i, text in enumerate(words) if title in [line.strip() for line in text.splitlines()]), 0
        )
        sheets = sorted(Path(folder).glob("*.png"))[first if section else 0 :][:SHEETS]
        return [Image.open(sheet).convert("RGB") for sheet in sheets]


def _open(page: Any, path: Path, section: str) -> None:
    page.goto(path.resolve().as_uri() + section)
    page.wait_for_selector("html[data-ready=yes]", timeout=120_000)
    if section:
        page.eval_on_selector(section, "one => one.scrollIntoView()")
    page.wait_for_timeout(500)


def sheet_of(rows: list[list[Image.Image]], width: int = 1400) -> Image.Image:
    """Rows of pictures below each other, each row as wide as the whole."""
    scaled = [_row(row, width) for row in rows]
    whole = Image.new("RGB", (width, sum(row.height + GAP for row in scaled) + GAP), GROUND)
    top = GAP
    for row in scaled:
        whole.paste(row, (0, top))
        top += row.height + GAP
    return whole


def _row(pictures: list[Image.Image], width: int) -> Image.Image:
    """Pictures of one height beside each other."""
    shapes = [one.width / one.height for one in pictures]
    height = int((width - GAP * (len(pictures) + 1)) / sum(shapes))
    row, left = Image.new("RGB", (width, height), GROUND), GAP
    for one, shape in zip(pictures, shapes, strict=True):
        row.paste(one.resize((int(height * shape), height), Image.Resampling.LANCZOS), (left, 0))
        left += int(height * shape) + GAP
    return row


def write(picture: Image.Image, name: str, n_colors: int = 256) -> None:
    """Into `docs/images`, with few colors, chosen so that rare ones (of single points) are among them."""
    # The palette is moved to the means of what it stands for: large pale areas keep their color.
    few = picture.quantize(n_colors, method=Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    few.save(IMAGES / f"{name}.png", optimize=True)
    print(name, (IMAGES / f"{name}.png").stat().st_size // 1000, "kB")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
