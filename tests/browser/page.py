"""A page in headless Chromium: what it shows, what it complains of, what it asks of the network."""

import asyncio
import base64
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
HEIGHT = 900
"""Of the window. [px]"""

_PAPERS = {"A4": (8.27, 11.69), "Letter": (8.5, 11.0)}
"""Width and height. [inch]"""
_SECONDS = 60.0
_LEADS_NOWHERE_SECONDS = 5.0


class Visit(NamedTuple):
    """What came of opening a page.

    Attributes
    ----------
    value : object
        Result of the script that was run in it.
    complaints : list of str
        Errors and warnings of the console, of the page's policy, and exceptions that nothing caught.
    requests : list of str
        Addresses that were asked for.
    picture, pdf : bytes
        The visible part as PNG, and the whole printed; empty unless they were wanted.
    """

    value: Any
    complaints: list[str]
    requests: list[str]
    picture: bytes
    pdf: bytes


class Chromium:
    """A headless browser, open as long as the ``with`` block goes on."""

    def __enter__(self) -> "Chromium":
        """Start it, or skip the test where there is none."""
        if BROWSER is None:
            pytest.skip("no browser: install chromium")
        pytest.importorskip("choreographer", reason="no choreographer: install kaleido")
        from choreographer import Browser

        self._runner = asyncio.Runner()
        self._browser = self._runner.run(_opened(Browser))
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self._runner.run(self._browser.close())
        self._runner.close()

    def visit(
        self,
        path: Path | str,
        script: str,
        *,
        width: int = 1200,
        theme: str = "light",
        scripted: bool = True,
        printed: str = "",
        keys: Sequence[str] = (),
    ) -> Visit:
        """Open a file or an address, wait for its charts, press keys, and run a script in it.

        Parameters
        ----------
        width : int
            Of the window. [px]
        theme : {'light', 'dark'}
            What the reader's system prefers.
        scripted : bool
            Whether the page's own JavaScript runs.
        printed : {'', 'A4', 'Letter'}
            The paper on which it is printed; a picture is taken too. Default: neither.
        keys : sequence of str
            Keys by their names, ``Tab`` or ``Enter``, and text to be typed.
        """
        opened = _visit(self._browser, path, script, (width, theme, scripted, printed), keys)
        return self._runner.run(asyncio.wait_for(opened, _SECONDS))


async def _opened(browser: Any) -> Any:
    return await browser(path=BROWSER, headless=True, enable_sandbox=False)


async def _visit(
    browser: Any, path: Path | str, script: str, wanted: tuple[int, str, bool, str], keys: Sequence[str]
) -> Visit:
    width, theme, scripted, printed = wanted
    tab = await browser.create_tab("about:blank")
    complaints: list[str] = []
    requests: list[str] = []
    await _listen(tab, complaints, requests)
    colours = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    size = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": width < 600}
    await _ask(tab, "Emulation.setEmulatedMedia", colours)
    await _ask(tab, "Emulation.setDeviceMetricsOverride", size)
    if not scripted:
        await _ask(tab, "Emulation.setScriptExecutionDisabled", {"value": True})
    loaded = tab.subscribe_once("Page.loadEventFired")
    await _ask(tab, "Page.navigate", {"url": path if isinstance(path, str) else path.as_uri()})
    await loaded
    for key in keys:
        await _press(tab, key)
    question = {"expression": script, "returnByValue": True, "awaitPromise": True}
    value = (await _ask(tab, "Runtime.evaluate", question))["result"].get("value")
    picture = pdf = ""
    if printed:
        picture = (await _ask(tab, "Page.captureScreenshot", {}))["data"]
        wide, high = _PAPERS[printed]
        paper = {"paperWidth": wide, "paperHeight": high, "preferCSSPageSize": True}
        pdf = (await _ask(tab, "Page.printToPDF", paper))["data"]
    await browser.close_tab(tab)
    return Visit(value, complaints, requests, base64.b64decode(picture), base64.b64decode(pdf))


_CODES = {"Tab": 9, "Enter": 13, "Space": 32, "Escape": 27, "ArrowDown": 40}


async def _press(tab: Any, key: str) -> None:
    """Press a key, or type text; Enter may lead to another page, which is waited for."""
    if key not in _CODES:
        await _ask(tab, "Input.insertText", {"text": key})
        return
    text = {"Enter": "\r", "Space": " "}.get(key, "")
    pressed = {"key": " " if key == "Space" else key, "code": key, "windowsVirtualKeyCode": _CODES[key], "text": text}
    loaded = tab.subscribe_once("Page.loadEventFired") if key == "Enter" else None
    await _ask(tab, "Input.dispatchKeyEvent", {"type": "keyDown", **pressed})
    await _ask(tab, "Input.dispatchKeyEvent", {"type": "keyUp", **pressed, "text": ""})
    if loaded is not None:
        with suppress(TimeoutError):
            await asyncio.wait_for(loaded, _LEADS_NOWHERE_SECONDS)


async def _listen(tab: Any, complaints: list[str], requests: list[str]) -> None:
    async def complained(event: dict[str, Any]) -> None:
        complaints.append(str(event["params"]))

    async def spoke(event: dict[str, Any]) -> None:
        if event["params"]["type"] in ("error", "warning", "assert"):
            complaints.append(str(event["params"]))

    async def asked(event: dict[str, Any]) -> None:
        requests.append(event["params"]["request"]["url"])

    tab.subscribe("Log.entryAdded", complained, repeating=True)
    tab.subscribe("Runtime.exceptionThrown", complained, repeating=True)
    tab.subscribe("Runtime.consoleAPICalled", spoke, repeating=True)
    tab.subscribe("Network.requestWillBeSent", asked, repeating=True)
    for domain in ("Page", "Runtime", "Network", "Log"):
        await _ask(tab, f"{domain}.enable", {})


async def _ask(tab: Any, command: str, params: dict[str, Any]) -> dict[str, Any]:
    answer = await tab.send_command(command, params)
    assert "error" not in answer, answer
    found: dict[str, Any] = answer["result"]
    return found
