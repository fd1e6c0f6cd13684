"""A SLURM of one's own on this machine: some nodes, reached by loopback alone, without systemd or a database.

    python tests/slurm/cluster.py start DIRECTORY [--nodes 3]
    python tests/slurm/cluster.py stop DIRECTORY

It needs Debian's slurmctld, slurmd, slurm-client and munge, and the root account. Every node is a daemon with a name
and a port of its own. All processes are stopped by their numbers, which they wrote into the directory.
"""

from __future__ import annotations

import argparse
import getpass
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

CONFIGURATION = Path("/etc/slurm/slurm.conf")
"""Where SLURM looks. What a job starts does not inherit SLURM_CONF, so there is no other place."""
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "sinfo", "scontrol")
CANNOT_START = 77
"""Exit status where there can be no SLURM, which is no failure."""
CPUS = 4
MEGABYTES = 6000


class Cluster:
    """The daemons whose files lie in a directory."""

    def __init__(self, directory: Path, nodes: int = 3) -> None:
        self.directory = directory.resolve()
        self.nodes = [f"n{number}" for number in range(1, nodes + 1)]

    @classmethod
    def running(cls) -> Cluster | None:
        """The cluster that was started by this program, if one is running."""
        if not CONFIGURATION.is_symlink():
            return None
        directory = CONFIGURATION.readlink().parent
        nodes = len(list(directory.glob("n*.pid")))
        return cls(directory, nodes) if nodes and (directory / "munge").is_dir() else None

    def start(self) -> None:
        """Start the daemons, and wait until every node is idle."""
        for name in ("state", "munge", *self.nodes):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        munge = self.directory / "munge"
        for directory in (self.directory, munge):
            directory.chmod(0o755)
        key = munge / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(1024))
        self._configure()
        try:
            files = {name: munge / f"munged.{name}" for name in ("pid", "log", "seed")}
            flags = [f"--{name}-file={path}" for name, path in files.items()]
            _call("munged", "--force", f"--key-file={key}", f"--socket={munge / 'munge.sock'}", *flags)
            _call("slurmctld")
            for node in self.nodes:
                self.start_node(node)
            _wait(lambda: set(self.states()) == {"idle"}, "the nodes to be idle")
        except BaseException:
            self.stop()
            raise

    def start_node(self, node: str) -> None:
        _call("slurmd", "-N", node)

    def states(self) -> list[str]:
        """State of every node."""
        return _call("sinfo", "--noheader", "--Node", "--format=%T").split()

    def lose(self, node: str) -> None:
        """Let a node vanish at once, with all that runs on it, as when its power fails."""
        jobs = set(_call("squeue", "--noheader", f"--nodelist={node}", "--states=running", "--format=%A").split())
        daemon = psutil.Process(int((self.directory / f"{node}.pid").read_text()))
        steps = [process for process in psutil.process_iter() if _step_of(process) in jobs]
        lost = [daemon, *steps, *(child for process in [daemon, *steps] for child in process.children(recursive=True))]
        for process in lost:
            process.suspend()
        for process in lost:
            process.kill()

    def stop(self) -> None:
        """Stop every daemon and what it has started."""
        _end([self.directory / f"{name}.pid" for name in ("slurmctld", *self.nodes)])
        _end([self.directory / "munge" / "munged.pid"])
        if self._is_configured():
            CONFIGURATION.unlink()

    def _is_configured(self) -> bool:
        return CONFIGURATION.is_symlink() and CONFIGURATION.readlink() == self.directory / "slurm.conf"

    def _configure(self) -> None:
        ports = _free_ports(1 + len(self.nodes))
        node = f"NodeHostname={_host()} NodeAddr=127.0.0.1 CPUs={CPUS} RealMemory={MEGABYTES} State=UNKNOWN"
        words = {
            "DIR": str(self.directory),
            "HOST": _host(),
            "USER": getpass.getuser(),
            "PORT": str(ports[0]),
            "NODES": "\n".join(
                f"NodeName={name} Port={port} {node}" for name, port in zip(self.nodes, ports[1:], strict=True)
            ),
        }
        text = (Path(__file__).parent / "slurm.conf.template").read_text()
        for word, value in words.items():
            text = text.replace(f"@{word}@", value)
        (self.directory / "slurm.conf").write_text(text)
        CONFIGURATION.parent.mkdir(exist_ok=True)
        CONFIGURATION.symlink_to(self.directory / "slurm.conf")


def reason_not_to_start() -> str | None:
    """Why there can be no such cluster on this machine, if so."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"SLURM is not installed ({', '.join(missing)} missing)"
    if os.geteuid() != 0:
        return "only root can start SLURM"
    if CONFIGURATION.is_symlink() and not CONFIGURATION.exists() and _is_temporary(CONFIGURATION.readlink()):
        CONFIGURATION.unlink()  # of a test run that was killed
    if os.path.lexists(CONFIGURATION):
        return f"{CONFIGURATION} belongs to another SLURM"
    return None


def _is_temporary(path: Path) -> bool:
    return path.is_relative_to(tempfile.gettempdir())


def _host() -> str:
    return socket.gethostname().split(".")[0]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _call(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout


def _step_of(process: psutil.Process) -> str | None:
    """Number of the job whose step a process looks after; SLURM puts it into the process' title."""
    try:
        title = " ".join(process.cmdline())
    except psutil.Error:
        return None
    return title.removeprefix("slurmstepd: [").split(".")[0] if title.startswith("slurmstepd: [") else None


def _end(pid_files: list[Path]) -> None:
    processes = []
    for file in pid_files:
        with suppress(OSError, ValueError, psutil.NoSuchProcess):
            processes.append(psutil.Process(int(file.read_text())))
    for process in processes:
        process.terminate()
    # The controller waits for nodes that are gone.
    for process in psutil.wait_procs(processes, timeout=3)[1]:
        process.kill()
    for file in pid_files:
        file.unlink(missing_ok=True)


def _wait(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description="Start or stop a SLURM of one's own on this machine.")
    parser.add_argument("action", choices=("start", "stop"))
    parser.add_argument("directory", type=Path)
    parser.add_argument("--nodes", type=int, default=3)
    given = parser.parse_args()
    cluster = Cluster(given.directory, given.nodes)
    if given.action == "stop":
        cluster.stop()
        return
    reason = reason_not_to_start()
    if reason:
        print(reason, file=sys.stderr)
        sys.exit(CANNOT_START)
    cluster.start()


if __name__ == "__main__":
    main()
