"""A notebook's kernel, driven by Jupyter's own client."""

import queue
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fault_room import PROGRAMS, Room

_PATIENCE_SECONDS = 60.0


class Notebook:
    """A kernel and the client that a notebook has.

    Parameters
    ----------
    manager : KernelManager
        Has started the kernel.
    """

    def __init__(self, manager: Any) -> None:
        self.manager = manager
        self._connect()

    def _connect(self) -> None:
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=_PATIENCE_SECONDS)

    def run(self, cell: str) -> str:
        """Run a cell to its end; give what it printed, or the name of the exception that ended it."""
        return self.end(self.start(cell))

    def start(self, cell: str) -> str:
        """Start a cell, and wait until it prints ``ready`` or ends; give its number."""
        number: str = self.client.execute(cell)
        self.shown, self._is_idle = "", False
        self._listen(number, until="ready")
        return number

    def end(self, number: str) -> str:
        """Wait for a cell's end; give what it printed, or the name of the exception that ended it."""
        self._listen(number)
        return self.shown.replace("ready\n", "").strip()

    def interrupt(self) -> None:
        """Interrupt the cell that runs, as the notebook's button does."""
        self.manager.interrupt_kernel()

    def restart(self, now: bool = False) -> None:
        """Restart the kernel, in order or at once."""
        self.client.stop_channels()
        self.manager.restart_kernel(now=now)
        self._connect()

    def _listen(self, number: str, until: str = "\n\n") -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._is_idle and until not in self.shown:
            assert time.monotonic() < deadline, f"the cell hangs: {self.shown}"
            try:
                message = self.client.get_iopub_msg(timeout=1)
            except queue.Empty:
                assert self.manager.is_alive(), "the kernel has died"
                continue
            if message["parent_header"].get("msg_id") != number:
                continue
            content = message["content"]
            if message["msg_type"] == "stream" and content["name"] == "stdout":
                self.shown += content["text"]
            elif message["msg_type"] == "error":
                self.shown += content["ename"]
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                self._is_idle = True


@contextmanager
def notebook(room: Room) -> Iterator[Notebook]:
    """Start a kernel in a room; skip the test where there is none."""
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    client = pytest.importorskip("jupyter_client", reason="jupyter_client is not installed")
    manager = client.KernelManager(kernel_name="python3", transport="ipc")
    manager.connection_file = str(room.folder / "kernel.json")
    manager.ip = str(room.folder / "kernel")
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager.kernel_spec.argv[:] = command
    folders = {"PYTHONPATH": str(PROGRAMS), "TRACKED_BY": "greentrain", "IPYTHONDIR": str(room.user)}
    manager.start_kernel(env=room.environment | folders, cwd=str(room.work))
    opened = Notebook(manager)
    try:
        yield opened
    finally:
        opened.client.stop_channels()
        if manager.is_alive():
            manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
