"""What may happen to a command: each kind of fault sets itself up, strikes, and says what may follow."""

from __future__ import annotations

import errno
import os
import random
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.faults.interposer import Action, Calls
from benchmarks.faults.process import Ended
from benchmarks.faults.trial import After, Kind, Trial

__all__ = ["KINDS"]

_GRACE = 20.0
"""Seconds after which a signal ends a process out of order."""


def _killed(number: int, calls: Calls) -> Callable[[Trial], After]:
    def inject(trial: Trial) -> After:
        ended = trial.run(strike=trial.strike(calls, Action.SIGNAL, number)).wait()
        return After(ended, {0, -number}, [trial.new()], leaves=True)

    return inject


def _signalled(number: int, calls: Calls) -> Callable[[Trial], After]:
    def inject(trial: Trial) -> After:
        ended = trial.run(strike=trial.strike(calls, Action.SIGNAL, number)).wait()
        return After(ended, {0, 128 + number}, [trial.new()], leaves=ended.seconds > _GRACE)

    return inject


def _at_a_moment(number: int) -> Callable[[Trial], After]:
    def inject(trial: Trial) -> After:
        seconds = trial.rng.uniform(0, 1.1 * trial.seconds)
        ended = trial.run().wait(after=(seconds, number))
        # Before Python has its own handlers a signal does what it does to any program, and then what it does to Python.
        untold = trial.fresh and ended.err.rstrip().endswith("KeyboardInterrupt") and " in main\n" not in ended.err
        statuses = {0, 128 + number, -number, *([1] if untold else [])}
        return After(ended, statuses, [trial.new()], leaves=ended.status < 0 or ended.seconds > _GRACE, untold=untold)

    return inject


def _stopped(trial: Trial) -> After:
    ended = trial.run(strike=trial.strike(Calls.CHANGES, Action.SIGNAL, signal.SIGSTOP)).wait()
    return After(ended, {0}, [trial.new()])


def _shortened(calls: Calls) -> Callable[[Trial], After]:
    def inject(trial: Trial) -> After:
        return After(trial.run(strike=trial.strike(calls, Action.SHORTEN)).wait(), {0}, [trial.new()])

    return inject


def _failing(calls: Calls, action: Action, error: int) -> Callable[[Trial], After]:
    def inject(trial: Trial) -> After:
        ended = trial.run(strike=trial.strike(calls, action, error)).wait()
        # What can no more be changed cannot be removed either, nor a directory that cannot be read.
        return After(
            ended,
            {0, 2},
            [trial.new()],
            leaves=calls == Calls.CHANGES or (calls == Calls.READS and action == Action.FAIL_FROM_THEN),
            broken=calls == Calls.CHANGES and action == Action.FAIL_FROM_THEN,
        )

    return inject


_SHORT = ("not enough memory", "no more threads", "too many open files")
"""What a process is told to be short of, for want of which no file is named."""


def _limited(limit: int, values: Callable[[Trial], int]) -> Callable[[Trial], After]:
    def inject(trial: Trial) -> After:
        value = values(trial)
        ended = trial.run(prepare=lambda: resource.setrlimit(limit, (value, value))).wait()
        return After(ended, {0, 2}, [trial.new()], names=_SHORT)

    return inject


def _bytes_of_a_file(trial: Trial) -> int:
    largest = max((len(c) for c in trial.new().values() if isinstance(c, bytes)), default=1 << 14)
    # What it tells is a file, too.
    return trial.rng.randint(1500, max(1500, largest))


def _address_space(trial: Trial) -> int:
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return now + trial.rng.randint(0, 160 << 20)


def _input_changes(how: str, calls: Calls = Calls.READS) -> Callable[[Trial], After]:
    """Hold the command at a call, do something to one of its inputs, and let it go on."""

    def inject(trial: Trial) -> After:
        name = trial.rng.choice(trial.command.inputs)
        path, other = trial.directory / "in" / name, trial.directory / "in2" / name

        def change() -> None:
            _change(how, path, other, trial.rng)

        ended = trial.run(strike=trial.strike(calls, Action.SIGNAL, signal.SIGSTOP)).wait(stopped=change)
        versions = [trial.new()]
        if how in ("rewritten", "replaced"):
            versions.append(trial.versions(frozenset({name})))
        elif how == "truncated" and ended.status == 0:
            # Before anything was read: of a text half is a text, too.
            versions.append(trial.version_now())
        return After(ended, {0, 2}, versions, inputs_changed=True)

    return inject


def _change(how: str, path: Path, other: Path, rng: random.Random) -> None:
    if how == "removed":
        path.unlink(missing_ok=True)
    elif how == "truncated":
        os.truncate(path, rng.randrange(path.stat().st_size))
    elif how == "rewritten":
        with path.open("r+b") as file:
            file.write(other.read_bytes())
            file.truncate()
    elif how == "replaced":
        beside = path.with_name("beside")
        shutil.copy(other, beside)
        beside.replace(path)
    elif how == "touched":
        os.utime(path)
    else:
        path.unlink()
        path.mkdir()


def _output_changes(how: str) -> Callable[[Trial], After]:
    def inject(trial: Trial) -> After:
        out = trial.directory / "out"

        def change() -> None:
            if how == "removed":
                shutil.rmtree(out)
            elif how == "moved":
                out.rename(out.with_name("moved"))
            else:
                # Refused while a file there is open to be written; then nothing happens.
                subprocess.run(["mount", "-o", "remount,ro", str(out)], check=False, stderr=subprocess.DEVNULL)

        ended = trial.run(strike=trial.strike(Calls.CHANGES, Action.SIGNAL, signal.SIGSTOP)).wait(stopped=change)
        if how == "read-only":
            subprocess.run(["mount", "-o", "remount,rw", str(out)], check=True)
        if how == "moved" and (moved := out.with_name("moved")).exists():
            if out.exists():
                shutil.rmtree(out)
            moved.rename(out)
        # Another directory of the name may have been made meanwhile, which is taken away with the outputs in it.
        is_gone = how != "read-only"
        return After(ended, {0, 2}, [trial.new()], leaves=how != "removed", may_vanish=is_gone, broken=not is_gone)

    return inject


def _small_disk(trial: Trial) -> After:
    """Write to a disk of a few pages."""
    size = 4096 * trial.rng.randint(1, 24)
    subprocess.run(
        ["mount", "-o", f"remount,size={size}", str(trial.directory / "out")], check=False, capture_output=True
    )
    ended = trial.run().wait()
    subprocess.run(["mount", "-o", "remount,size=64m", str(trial.directory / "out")], check=True)
    return After(ended, {0, 2}, [trial.new()])


def _unwritable(trial: Trial) -> After:
    """Be no one, who may come to the directory, but not write to it."""
    for directory in (trial.directory, trial.directory.parent):
        directory.chmod(0o755)

    def prepare() -> None:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)

    ended = trial.run(prepare=prepare).wait()
    return After(ended, {2}, [])


def _two_writers(how: str) -> Callable[[Trial], After]:
    """Hold one command at a call while another one writes the same files."""

    def inject(trial: Trial) -> After:
        second: list[Ended] = []
        strikes = trial.strike(Calls.CHANGES, Action.SIGNAL, signal.SIGSTOP)

        def write() -> None:
            kill = trial.strike(Calls.CHANGES, Action.SIGNAL, signal.SIGKILL) if how == "killed" else None
            second.append(trial.run(inputs="in2", strike=kill).wait())

        ended = trial.run(strike=strikes).wait(stopped=write)
        if how == "finishes" and second and second[0].status:
            ended = second[0]
        versions = [trial.new(), trial.versions(frozenset(trial.command.inputs))]
        return After(ended, {0}, versions, mixes=True, leaves=how == "killed")

    return inject


def _writers_at_once(trial: Trial) -> After:
    running = [trial.run(inputs=inputs) for inputs in ("in", "in2")]
    ends = [one.wait() for one in running]
    versions = [trial.new(), trial.versions(frozenset(trial.command.inputs))]
    return After(max(ends, key=lambda end: end.status), {0}, versions, mixes=trial.command.rereads)


def _stream(number: int, how: str) -> Callable[[Trial], After]:
    """Give a command a standard stream that takes nothing."""

    def inject(trial: Trial) -> After:
        if how == "closed":
            descriptor = -1
        elif how == "full":
            descriptor = os.open("/dev/full", os.O_WRONLY)
        else:
            gone, descriptor = os.pipe()
            os.close(gone)
        try:
            ended = trial.run(streams={number: descriptor}).wait()
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        # What was to be told is lost, the files are made.
        return After(ended, {0, 2, 120, 141}, [trial.new()], names=["standard output"], broken=True)

    return inject


def _signals() -> list[Kind]:
    kinds = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        name = number.name
        kinds += [
            Kind(f"{name} at a change", _signalled(number, Calls.CHANGES), calls=Calls.CHANGES),
            Kind(f"{name} at a read", _signalled(number, Calls.READS), calls=Calls.READS),
            Kind(f"{name} at a moment", _at_a_moment(number)),
            Kind(f"{name} at a moment of a process", _at_a_moment(number), fresh=True),
        ]
    for number in (signal.SIGKILL, signal.SIGXCPU):
        kinds.append(Kind(f"{number.name} at a change", _killed(number, Calls.CHANGES), calls=Calls.CHANGES))
    kinds += [
        Kind("SIGKILL at a moment", _at_a_moment(signal.SIGKILL)),
        Kind("SIGKILL at a moment of a process", _at_a_moment(signal.SIGKILL), fresh=True),
        Kind("SIGSTOP and SIGCONT", _stopped, calls=Calls.CHANGES),
    ]
    return kinds


def _errors() -> list[Kind]:
    grows, changes, reads = Calls.GROWS, Calls.CHANGES, Calls.READS
    return [
        Kind("disk full once", _failing(grows, Action.FAIL, errno.ENOSPC), writes=True, calls=grows),
        Kind("disk full from then", _failing(grows, Action.FAIL_FROM_THEN, errno.ENOSPC), writes=True, calls=grows),
        Kind("quota from then", _failing(grows, Action.FAIL_FROM_THEN, errno.EDQUOT), writes=True, calls=grows),
        Kind("error of a write", _failing(changes, Action.FAIL, errno.EIO), writes=True, calls=changes),
        Kind("read-only from then", _failing(changes, Action.FAIL_FROM_THEN, errno.EROFS), writes=True, calls=changes),
        Kind("error of a read", _failing(reads, Action.FAIL, errno.EIO), reads=True, calls=reads),
        Kind(
            "errors of reads from then", _failing(reads, Action.FAIL_FROM_THEN, errno.ESTALE), reads=True, calls=reads
        ),
        Kind("short write", _shortened(changes), writes=True, calls=changes),
        Kind("short read", _shortened(reads), reads=True, calls=reads),
        Kind("limit of a file", _limited(resource.RLIMIT_FSIZE, _bytes_of_a_file)),
        Kind("limit of memory", _limited(resource.RLIMIT_AS, _address_space)),
        Kind("limit of open files", _limited(resource.RLIMIT_NOFILE, lambda trial: trial.rng.randint(3, 16))),
        Kind("not allowed to write", _unwritable, writes=True, needs="root"),
    ]


def _changes() -> list[Kind]:
    kinds = [
        Kind(f"input {how}", _input_changes(how), reads=True, calls=Calls.READS)
        for how in ("removed", "truncated", "rewritten", "replaced", "touched", "made a directory")
    ]
    kinds += [
        Kind(f"input {how} late", _input_changes(how, Calls.CHANGES), reads=True, writes=True, calls=Calls.CHANGES)
        for how in ("rewritten", "replaced", "removed")
    ]
    kinds += [
        Kind(f"directory of outputs {how}", _output_changes(how), writes=True, calls=Calls.CHANGES)
        for how in ("removed", "moved")
    ]
    kinds.append(Kind("small disk", _small_disk, writes=True, needs="mount"))
    kinds.append(
        Kind("mounted read-only", _output_changes("read-only"), writes=True, calls=Calls.CHANGES, needs="mount")
    )
    return kinds


def _others() -> list[Kind]:
    kinds = [
        Kind("another writer finishes", _two_writers("finishes"), reads=True, writes=True, calls=Calls.CHANGES),
        Kind("another writer is killed", _two_writers("killed"), reads=True, writes=True, calls=Calls.CHANGES),
        Kind("two writers at once", _writers_at_once, reads=True, writes=True),
    ]
    for number, name in ((1, "standard output"), (2, "standard error")):
        for how in ("closed", "full", "gone"):
            kinds.append(Kind(f"{name} {how}", _stream(number, how), fresh=True))
    return kinds


KINDS: Sequence[Kind] = (*_signals(), *_errors(), *_changes(), *_others())
