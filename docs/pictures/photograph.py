"""Photograph what the documentation shows of browsers: ``python docs/pictures/photograph.py``.

It needs Chromium, the extras of development, and JupyterLab beside them.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

from choreographer import Browser

from greentrain import estimate, report

FOLDER = Path(__file__).parent
RUN = {"gpu": "V100", "hours": 96, "location": "US", "year": 2024}
CELLS = (
    'import greentrain\n\nplanned = greentrain.estimate("V100", hours=96, location="US", year=2024)\nplanned',
    'greentrain.chart(planned, "elsewhere")',
)
WIDTHS_PX, HEIGHT_PX = {"page": 1240, "report": 900, "notebook": 900}, 1000
_QUALITY = 80
"""Of a WebP: letters stay sharp, and a picture has 30 to 60 kB. [%]"""
_SECONDS = 60.0


def main() -> None:
    """Write each picture beside this file."""
    with TemporaryDirectory() as folder, _served(folder) as page, _notebook(folder) as notebook:
        path = Path(folder) / "report.html"
        path.write_text(str(report(estimate(**RUN), "html")))
        words = "&".join(f"{name}={value}" for name, value in RUN.items())
        places = {
            "report": (path.as_uri(), "document.querySelector('.chart svg')", "html"),
            "page": (f"{page}/?{words}", "document.querySelector('main')", "html"),
            "notebook": (notebook, "document.querySelectorAll('.jp-OutputArea-output svg').length > 9", ".jp-Notebook"),
        }
        pictures = asyncio.run(_photographed(places))
        for name, picture in pictures.items():
            (FOLDER / f"{name}.webp").write_bytes(picture)


@contextmanager
def _served(folder: str) -> Iterator[str]:
    """Serve the page with an empty history."""
    port = _free_port()
    words = ("-m", "greentrain", "serve", "--port", str(port), "--home", folder)
    with _running([sys.executable, *words], folder, f"http://127.0.0.1:{port}/health"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _notebook(folder: str) -> Iterator[str]:
    """Execute the cells, and serve them by JupyterLab."""
    cells = [
        {"cell_type": "code", "id": str(at), "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for at, source in enumerate(CELLS)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    whole = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (Path(folder) / "notebook.ipynb").write_text(json.dumps(whole))
    words = ("nbconvert", "--to", "notebook", "--execute", "--inplace", "notebook.ipynb")
    home = {**os.environ, "HOME": folder}
    for more in (words, ("trust", "notebook.ipynb")):
        subprocess.run([sys.executable, "-m", "jupyter", *more], cwd=folder, env=home, check=True, capture_output=True)
    port = _free_port()
    lab = ("lab", "--no-browser", "--allow-root", "--ServerApp.token=", f"--ServerApp.port={port}")
    with _running([sys.executable, "-m", "jupyter", *lab], folder, f"http://127.0.0.1:{port}/api"):
        yield f"http://127.0.0.1:{port}/doc/tree/notebook.ipynb"


@contextmanager
def _running(words: list[str], folder: str, address: str) -> Iterator[None]:
    """Start a server, wait until it answers, and end it."""
    home = {**os.environ, "HOME": folder, "GREENTRAIN_HOME": folder}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, cwd=folder, env=home, stdout=quiet, stderr=quiet) as server:
        for _ in range(int(_SECONDS)):
            with suppress(OSError), urlopen(address):
                break
            time.sleep(1)
        try:
            yield
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def _photographed(places: Mapping[str, tuple[str, str, str]]) -> dict[str, bytes]:
    browser = await Browser(headless=True, enable_sandbox=False)
    found = {name: await _picture(browser, WIDTHS_PX[name], *place) for name, place in places.items()}
    await browser.close()
    return found


async def _picture(browser: Any, width_px: int, address: str, is_there: str, element: str) -> bytes:
    """Open an address, wait until a script finds what is to be seen, and photograph an element."""
    tab = await browser.create_tab("about:blank")

    async def ask(command: str, **params: Any) -> Any:
        return (await tab.send_command(command, params))["result"]

    async def value(script: str) -> Any:
        return (await ask("Runtime.evaluate", expression=script, returnByValue=True))["result"].get("value")

    size = {"width": width_px, "height": HEIGHT_PX, "deviceScaleFactor": 1, "mobile": False}
    await ask("Emulation.setDeviceMetricsOverride", **size)
    await ask("Page.navigate", url=address)
    for _ in range(int(_SECONDS)):
        await asyncio.sleep(1)
        if await value(f"Boolean({is_there})"):
            break
    await asyncio.sleep(2)
    await value("document.querySelectorAll('.Toastify').forEach(note => note.remove())")
    box = json.loads(await value(f"JSON.stringify(document.querySelector('{element}').getBoundingClientRect())"))
    clip = {key: box[key] for key in ("x", "y", "width")}
    clip |= {"height": min(box["height"], HEIGHT_PX - box["y"]), "scale": 1}
    picture = await ask("Page.captureScreenshot", format="webp", quality=_QUALITY, clip=clip)
    await browser.close_tab(tab)
    return b64decode(picture["data"])


if __name__ == "__main__":
    main()
