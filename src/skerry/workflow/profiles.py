"""Profiles: how and where Snakemake runs the jobs of a field.

Some come with skerry, and one's own is a directory with a `profile.yaml`, best a copy of one of them.
"""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

from skerry.config.shipped_files import shipped_root
from skerry.config.yaml_text import yaml_content
from skerry.errors import SkerryError
from skerry.io.whole_files import whole_files

__all__ = ["LOCAL", "check_executor", "copy_profile", "executor_of", "profile_directory", "profile_names"]

_FILE = "profile.yaml"
LOCAL = ("local", "dryrun", "touch")
"""Executors that run, or would run, the jobs on this machine."""


def profile_names() -> tuple[str, ...]:
    """Names of the profiles that come with skerry."""
    return tuple(sorted(path.parent.name for path in (shipped_root() / "profiles").glob(f"*/{_FILE}")))


def profile_directory(profile: str | Path) -> Path:
    """Directory of a profile.

    Parameters
    ----------
    profile : str or path
        A directory with a ``profile.yaml``, or the name of a profile that comes with skerry.

    Returns
    -------
    Path
        The directory.

    Raises
    ------
    SkerryError
        If there is none.
    """
    if (Path(profile) / _FILE).is_file():
        return Path(profile)
    names = profile_names()
    if str(profile) in names:
        return shipped_root() / "profiles" / profile
    if Path(profile).exists():
        raise SkerryError(
            f"{profile}: no profile, for there is no {_FILE} in it; 'skerry profile slurm DIRECTORY' makes one"
        )
    raise SkerryError(f"{profile}: no such profile; give {' or '.join(names)}, or a directory with a {_FILE}")


def copy_profile(name: str, directory: str | Path) -> Path:
    """Copy a profile that comes with skerry, to be edited.

    Parameters
    ----------
    name : str
        One of `profile_names`.
    directory : path
        Where to; made if it is not there.

    Returns
    -------
    Path
        The file to be edited.

    Raises
    ------
    SkerryError
        If there is no such profile, or the file exists, or cannot be written.
    """
    copy = Path(directory) / _FILE
    source = profile_directory(name) / _FILE
    if copy.exists():
        raise SkerryError(f"{copy}: exists; edit it, or give another directory")
    with whole_files(copy) as (partial,):
        shutil.copyfile(source, partial)
    return copy


def executor_of(profile: Path) -> str:
    """What runs the jobs of a profile.

    Parameters
    ----------
    profile : Path
        Directory of the profile.

    Returns
    -------
    str
        "local", or the name of a plugin of Snakemake.

    Raises
    ------
    SkerryError
        If the profile cannot be read.
    """
    settings = yaml_content(profile / _FILE, "profile")
    return str(settings.get("executor", "local")) if isinstance(settings, dict) else "local"


def check_executor(profile: Path, *, submits: bool = True) -> None:
    """Check that what a profile runs its jobs with is installed.

    Parameters
    ----------
    profile : Path
        Directory of the profile.
    submits : bool
        Whether jobs are to be submitted, and not only planned.

    Raises
    ------
    SkerryError
        If Snakemake's plugin is not installed, or there is no SLURM here.
    """
    executor = executor_of(profile)
    if executor in LOCAL:
        return
    if find_spec(f"snakemake_executor_plugin_{executor.replace('-', '_')}") is None:
        plugin = f"snakemake-executor-plugin-{executor}"
        extra = ", which skerry[slurm] brings" if executor == "slurm" else ""
        raise SkerryError(f"{profile}: the plugin for {executor} is not installed; pip install {plugin}{extra}")
    if executor == "slurm" and submits and shutil.which("sbatch") is None:
        raise SkerryError(f"{profile}: there is no sbatch here; run it where the cluster's jobs are submitted")
