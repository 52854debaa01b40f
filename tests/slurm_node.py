"""A real Slurm of one node, without accounting: its daemons run here, as this user, from a folder of their own.

Nothing of the computer's own Slurm or munge is touched: all programs are told where their files are.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "scancel")
PACKAGES = "munge slurmctld slurmd slurm-client"
"""Debian's packages that have them."""

_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CPUS = 8
_PATIENCE_SECONDS = 60.0
_CONFIGURATION = """\
ClusterName=greentrain
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
MailProg=/bin/true
MpiDefault=none
ReturnToService=2
KillWait=2
OverTimeLimit=0
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
_OVER = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "PREEMPTED", "OUT_OF_MEMORY"}


class SlurmError(Exception):
    """A daemon or a command of Slurm does not do what it should; the message has its last words."""


class Job(NamedTuple):
    """A job, or a task of a job array, as Slurm shows it."""

    id: int
    state: str
    restarts: int
    fields: Mapping[str, str]


def missing_programs() -> list[str]:
    """Name the programs that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name, path=_search_path()) is None]


class SlurmNode:
    """A cluster of this computer alone, with eight CPUs, whatever the computer has.

    Parameters
    ----------
    folder : Path
        For configuration, logs and state; its path is short enough for a socket.

    Attributes
    ----------
    environment : dict of str to str
        What Slurm's commands need of it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": _search_path()}
        self._daemons: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start the daemons, each when the one before it answers."""
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        self._write_configuration()
        key, socket_path = self.folder / "munge.key", self.folder / "munge.socket"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        # Forced: it does not like folders that others cannot enter, as those of tests are.
        files = {"key": key, "socket": socket_path, "pid": self.folder / "munge.pid", "log": self.folder / "munge.log",
                 "seed": self.folder / "munge.seed"}  # fmt: skip
        options = [f"--{name}-file={path}" if name != "socket" else f"--socket={path}" for name, path in files.items()]
        self._start("munged", "--foreground", "--force", *options)
        self._wait_for(socket_path.exists, "munged makes its socket")
        self._start("slurmctld", "-D")
        self._wait_for(lambda: "UP" in self._run("scontrol", "ping").stdout, "slurmctld answers")
        self._start("slurmd", "-D", "-N", _host())
        self._wait_for(self._is_idle, "the node is idle")

    def stop(self) -> None:
        """Cancel what is left and end the daemons, the node's before the controller."""
        try:
            if all(daemon.poll() is None for daemon in self._daemons):
                self._run("scancel", "--quiet", "--full", "--partition=main")
                self._wait_for(lambda: not self._run("squeue", "--noheader").stdout.strip(), "cancelled jobs end")
        finally:
            for daemon in reversed(self._daemons):
                daemon.send_signal(signal.SIGTERM)
                try:
                    daemon.wait(_PATIENCE_SECONDS)
                except subprocess.TimeoutExpired:
                    daemon.kill()
                    daemon.wait()

    def command(self, *words: str, environment: Mapping[str, str] = os.environ, **settings: Any) -> str:
        """Run one of Slurm's commands in an environment; give what it prints."""
        done = self._run(*words, environment=environment, **settings)
        if done.returncode:
            raise SlurmError(f"{' '.join(words)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def submit(self, script: str, *options: str, environment: Mapping[str, str], work: Path) -> int:
        """Submit a batch script, given as text; its outputs go to ``work`` under the job's id.

        Returns
        -------
        int
            The job's id; that of a job array.
        """
        words = ("sbatch", "--parsable", f"--output={work}/%A_%a.%j.out", f"--chdir={work}", *options)
        return int(self.command(*words, environment=environment, input=f"#!/bin/sh\n{script}"))

    def jobs(self, job_id: int) -> list[Job]:
        """Return a job, or the tasks of a job array."""
        lines = self.command("scontrol", "--oneliner", "show", "job", str(job_id)).splitlines()
        found = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in lines]
        return [Job(int(one["JobId"]), one["JobState"], int(one["Restarts"]), one) for one in found]

    def wait_for_state(self, job_id: int, *states: str, seconds: float = _PATIENCE_SECONDS) -> list[Job]:
        """Wait until a job, or each task of an array, is in one of these states; without any, until it is over."""
        wanted = set(states) or _OVER
        what = f"job {job_id} is {' or '.join(sorted(wanted))}"
        self._wait_for(lambda: {job.state for job in self.jobs(job_id)} <= wanted, what, seconds)
        return self.jobs(job_id)

    def requeue(self, job_id: int) -> None:
        """End a running job and start it again, in two seconds and not after the two minutes that Slurm lets pass."""
        self.command("scontrol", "requeue", str(job_id))
        self.wait_for_state(job_id, "PENDING")
        self.command("scontrol", "update", f"jobid={job_id}", "StartTime=now+2")

    def reach_time_limit(self, job_id: int) -> None:
        """Move the end of a running job's time to now; Slurm looks at its limits every half minute."""
        self.command("scontrol", "update", f"jobid={job_id}", "EndTime=now+1")

    def _write_configuration(self) -> None:
        controller_port, node_port = _free_ports(2)
        (self.folder / "slurm.conf").write_text(
            _CONFIGURATION.format(
                host=_host(),
                controller_port=controller_port,
                node_port=node_port,
                user=Path("~").expanduser().owner() if os.getuid() else "root",
                folder=self.folder,
                cpus=_CPUS,
            )
        )

    def _is_idle(self) -> bool:
        return self._run("sinfo", "--noheader", "--format=%T").stdout.strip() == "idle"

    def _start(self, name: str, *options: str) -> None:
        with (self.folder / f"{name}.out").open("wb") as output:
            environment = os.environ | self.environment
            process = subprocess.Popen(
                [str(shutil.which(name, path=_search_path())), *options],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, start_new_session=True,
            )  # fmt: skip
        self._daemons.append(process)

    def _run(
        self, *words: str, environment: Mapping[str, str] = os.environ, **settings: Any
    ) -> "subprocess.CompletedProcess[str]":
        variables = {**environment, **self.environment}
        return subprocess.run(words, env=variables, capture_output=True, text=True, check=False, **settings)

    def _wait_for(self, condition: Callable[[], bool], what: str, seconds: float = _PATIENCE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            ended = [daemon.args for daemon in self._daemons if daemon.poll() is not None]
            if ended or time.monotonic() > deadline:
                raise SlurmError(f"waited for this: {what}. Ended: {ended}. {self._last_words()}")
            time.sleep(0.1)

    def _last_words(self) -> str:
        texts = {path.name: path.read_text(errors="replace")[-800:] for path in self.folder.glob("*.[lo][ou][gt]")}
        return "\n".join(f"{name}: {text}" for name, text in sorted(texts.items()) if text)


def _search_path() -> str:
    return f"{os.environ.get('PATH', '')}:{_SYSTEM_FOLDERS}"


def _host() -> str:
    return os.uname().nodename.partition(".")[0]


def _free_ports(count: int) -> Sequence[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
