"""A directory in memory with right files, in which a command runs and what it changed is seen and undone."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.fuzz.cards import right_files
from benchmarks.fuzz.yaml_texts import RIGHT_FIELD

__all__ = ["Workplace", "in_memory", "workplace"]

_THERE = b"of the user"


class Workplace:
    """Files of the user in the current directory.

    Parameters
    ----------
    directory : Path
        Empty, and the current one.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._right = {f"{name}.fits": content for name, content in right_files().items()}
        self._right["cube.mask.fits"] = right_files()["mask"]
        field = "".join(f"{key}: {value}\n" for key, value in RIGHT_FIELD.items())
        texts = {
            "ok.reg": 'icrs\ncircle(60,-45,6")\nimage\nbox(10,10,4,4,0)\n',
            "ok.crtf": "#CRTFv0\ncircle[[60deg, -45deg], 6arcsec], coord=J2000\n",
            "ok.ecsv": "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: ra, datatype: float64}\n"
            "# - {name: dec, datatype: float64}\nra dec\n60.0 -45.0\n",
            "mine.yaml": "base_snr_clip: 5\n",
            "field.yaml": field,
        }
        self._right |= {name: text.encode() for name, text in texts.items()}
        for name, content in self._right.items():
            (directory / name).write_bytes(content)
        self._known = self._seen()

    def begin(self, files: Mapping[str, bytes], there: bool) -> dict[str, tuple[int, ...]]:
        """Write the files of a case, and perhaps one where its output is to be; give what is there then."""
        for name, content in files.items():
            (self.directory / name).write_bytes(content)
        if there:
            (self.directory / "out.fits").write_bytes(_THERE)
        return self._seen()

    def changed(self, before: Mapping[str, tuple[int, ...]]) -> dict[str, str]:
        """Names of what is new, other or gone, and which of these it is."""
        after = self._seen()
        told = {name: "gone" for name in before if name not in after}
        return told | {
            name: "other" if name in before else "new" for name, state in after.items() if before.get(name) != state
        }

    def end(self) -> None:
        """Put everything back."""
        for name in self.changed(self._known):
            path = self.directory / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            if name in self._right:
                path.write_bytes(self._right[name])
        self._known = self._seen()

    def _seen(self) -> dict[str, tuple[int, ...]]:
        found = {}
        with os.scandir(self.directory) as entries:
            for entry in entries:
                state = entry.stat(follow_symlinks=False)
                found[entry.name] = (state.st_ino, state.st_size, state.st_mtime_ns)
        return found


def in_memory() -> Path | None:
    """Directory of files in memory, where the system has one; give what is made in it a name that nobody else knows."""
    memory = Path("/dev/shm")  # nosec B108
    return memory if memory.is_dir() else None


@contextmanager
def workplace(within: Path | None = None) -> Iterator[Workplace]:
    """Work in a new directory, in another one or in memory."""
    place, before = tempfile.mkdtemp(prefix="skerry-fuzz-", dir=within or in_memory()), Path.cwd()
    os.chdir(place)
    try:
        yield Workplace(Path(place))
    finally:
        os.chdir(before)
        shutil.rmtree(place, ignore_errors=True)
