"""What the arguments of `skerry run` that are Snakemake's make it do: run jobs, plan them, or something else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from skerry.errors import SkerryError

__all__ = [
    "OWN_LOGGER",
    "changes_results",
    "check_arguments",
    "is_dry_run",
    "is_quiet",
    "lists_jobs",
    "makes_masks",
    "runs_jobs",
    "takes_results_anyway",
    "tells_in_detail",
]

_DRY_RUN = re.compile(r"--dry-?run$|-[a-zA-Z]*n")
_NO_RUN = re.compile(
    r"--(unlock|touch|lint|list|dag|rulegraph|filegraph|d3dag|summary|detailed-summary|report$|report=|cleanup|delete|"
    r"archive|containerize|generate|logger$|logger=|print-|version)|-[DStlv]$"
)
"""Arguments with which Snakemake makes nothing, or tells of it in another way: what it says is what was asked for."""
OWN_LOGGER = ("--logger", "skerry")
"""Arguments with which Snakemake tells of a run by the plugin that comes with skerry."""
_CHANGES = re.compile(r"--(unlock|touch|delete|cleanup)|-t$")
"""Those of them with which it changes what a run would stumble over."""
_ANYWAY = re.compile(r"--forceall$|-[a-zA-Z]*F")
"""Arguments with which it does not matter how results that are there were made; ``--touch`` alone leaves without a
record what seems up to date."""
_QUIET = re.compile(r"--quiet|-q")
_IN_DETAIL = re.compile(r"--(quiet|printshellcmds|debug)|-[a-zA-Z]*[pq]")
"""Arguments that say how much Snakemake tells of a dry run."""


def makes_masks(arguments: Sequence[str]) -> bool:
    """Whether Snakemake is to make something, or plan it, by its arguments."""
    pairs = pairwise([*arguments, ""])
    return not any(_NO_RUN.match(argument) for argument, value in pairs if (argument, value) != OWN_LOGGER)


def takes_results_anyway(arguments: Sequence[str]) -> bool:
    """Whether all results are made again, or taken as they are, by the arguments of Snakemake."""
    return any(map(_ANYWAY.match, arguments))


def is_dry_run(arguments: Sequence[str]) -> bool:
    """Whether Snakemake is to make nothing of what it is told to make."""
    return any(map(_DRY_RUN.match, arguments))


def runs_jobs(arguments: Sequence[str]) -> bool:
    """Whether Snakemake is to run jobs, by its arguments: while it reads a Snakefile it does not know that itself."""
    return makes_masks(arguments) and not is_dry_run(arguments)


def lists_jobs(arguments: Sequence[str]) -> bool:
    """Whether Snakemake is to plan jobs that it does not run."""
    return makes_masks(arguments) and is_dry_run(arguments)


def changes_results(arguments: Sequence[str]) -> bool:
    """Whether Snakemake runs no job and changes what a run would stumble over."""
    return any(map(_CHANGES.match, arguments))


def is_quiet(arguments: Sequence[str]) -> bool:
    """Whether Snakemake is to tell less."""
    return any(map(_QUIET.match, arguments))


def tells_in_detail(arguments: Sequence[str]) -> bool:
    """Whether Snakemake is to tell of a dry run in more detail, or in less, than a list of jobs."""
    return any(map(_IN_DETAIL.match, arguments))


def check_arguments(extra: Sequence[str]) -> None:
    """Find flags that other subcommands have, for Snakemake has others of the same meaning."""
    for argument in extra:
        if argument.split("=")[0] in ("--memory", "--threads"):
            raise SkerryError(
                f"run has no {argument.split('=')[0]}: each job gets memory by the size of its images, and all share "
                "`cores`; 'skerry run FIELD.yaml --set-resources mask:mem_mb=8000' sets the memory of a step"
            )
