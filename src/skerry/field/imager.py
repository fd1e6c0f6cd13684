"""The user's commands that make a round's images: the imager, and the calibration before it.

skerry does not image. It puts the names of a round's files into commands of the user's own, quoted, so that the same
workflow goes through any imager; the masks are its part.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from skerry.field.shell import check_command, fill_command, placeholders_of, shell_template

__all__ = ["Calibration", "Imager", "RoundCommand", "data_stamp"]

_WORDS = {"field", "beam", "round"}
_IMAGE_PATTERN = re.compile(r"\{prefix\}[^{}\s]*")


class RoundCommand(BaseModel):
    """A command that runs for every beam in every round."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str = Field(description="The command, for bash; runs in the directory where the workflow was started.")
    extra: str = Field("", description="What {extra} stands for in every round.")
    extra_rounds: dict[int, str] = Field(
        default_factory=dict, description="What {extra} stands for in a round, instead: {0: -auto-threshold 5}."
    )
    threads: int = Field(1, ge=1, strict=True, description="Cores of one such command; {threads} in it.")
    mem_mb: int | None = Field(None, ge=1, strict=True, description="Memory to ask a scheduler for, MB.")
    runtime: int | None = Field(None, ge=1, strict=True, description="Time limit to ask a scheduler for, minutes.")

    @field_validator("extra")
    @classmethod
    def _check_extra(cls, value: str) -> str:
        check_command(value, set(), _WORDS)
        return value

    @field_validator("extra_rounds")
    @classmethod
    def _check_extra_rounds(cls, value: dict[int, str]) -> dict[int, str]:
        for number, extra in value.items():
            try:
                check_command(extra, set(), _WORDS)
            except ValueError as error:
                raise ValueError(f"{number}: {error}") from error
        return value

    @property
    def placeholders(self) -> set[str]:
        """Names in braces in the command."""
        return placeholders_of(self.command)

    def extra_for_round(self, k: int, **words: object) -> str:
        """Arguments that the command gets in round `k`."""
        return fill_command(self.extra_rounds.get(k, self.extra), {"round": k, **words})

    def _filled_by_snakemake(self, field: str, **own: str) -> str:
        """Template of the command; `own` are the placeholders that only this kind of command has."""
        shared = {
            "ms": "{input.ms:q}",
            "prefix": "{params.prefix:q}",
            "extra": "{params.extra}",
            "threads": "{threads}",
            "round": "{wildcards.round}",
            "beam": "{wildcards.beam}",
            "field": field,
        }
        return shell_template(self.command, shared | own)


class Imager(RoundCommand):
    """The command that images a beam in a round."""

    mask_argument: str = Field(
        "-fits-mask {mask}",
        description="What {mask_argument} stands for in a round with a mask; in others it is left away. "
        "Holds {mask}, {scalemask} or both.",
    )
    image: str = Field(
        "{prefix}-image.fits", description="The restored image that the command makes, of which masks are made."
    )
    model: str | None = Field(
        None,
        description="Its clean model, to be compared with the mask. Default: the file with 'model' in its name where "
        "that of the image has 'image' or 'restored', if there is one.",
    )
    log: str | None = Field(
        None, description="A log that it writes itself, to be looked at with what the command prints."
    )
    spill: int | None = Field(
        None,
        ge=0,
        strict=True,
        description="Pixels that components may reach over the mask's edge; default half of the largest scale in a log "
        "of WSClean, otherwise 0.",
    )
    strict: bool = Field(
        False,
        strict=True,
        description="Whether a clean that went wrong ends the run: nothing is calibrated or imaged after it.",
    )

    @field_validator("command")
    @classmethod
    def _check_imager(cls, value: str) -> str:
        if placeholders_of(value) & {"mask", "scalemask"}:
            raise ValueError(
                "has {mask}, but not every round has one; put {mask_argument} there, and '-fits-mask {mask}', or what "
                "the imager calls it, into imager.mask_argument"
            )
        names = {"ms", "prefix", "mask_argument", "extra"}
        check_command(value, names, _WORDS | {"threads"})
        if missing := sorted({"ms", "prefix", "mask_argument"} - placeholders_of(value)):
            raise ValueError(f"must hold {{{'} and {'.join(missing)}}}, got {value!r}")
        return value

    @field_validator("mask_argument")
    @classmethod
    def _check_mask_argument(cls, value: str) -> str:
        check_command(value, {"mask", "scalemask"}, _WORDS)
        if not placeholders_of(value) & {"mask", "scalemask"}:
            raise ValueError(f"must hold {{mask}}, got {value!r}")
        return value

    @field_validator("image", "model", "log")
    @classmethod
    def _check_image(cls, value: str | None) -> str | None:
        if value is not None and not (_IMAGE_PATTERN.fullmatch(value) and ".." not in value):
            raise ValueError(f"must begin with {{prefix}}, as {{prefix}}-MFS-image.fits, got {value!r}")
        return value

    @property
    def mask_products(self) -> tuple[str, ...]:
        """Which of "mask" and "scalemask" the imager reads."""
        return tuple(sorted(placeholders_of(self.mask_argument) & {"mask", "scalemask"}))

    def image_name(self, prefix: str) -> str:
        """Name of the restored image, given what the names of all products begin with."""
        return prefix + self.image.removeprefix("{prefix}")

    def check_arguments(self, prefix: str, log: str) -> str:
        """Arguments of `check-clean`, quoted, by what the names of all products begin with, and the command's log."""
        named = [("--model", self.model), ("--log", self.log)]
        files = [("--log", log), *((flag, prefix + name.removeprefix("{prefix}")) for flag, name in named if name)]
        words = [word for flag, path in files for word in (flag, shlex.quote(path))]
        words += [] if self.spill is None else ["--spill", str(self.spill)]
        return " ".join([*words, *(["--strict"] if self.strict else [])])

    def argument_for_mask(self, masks: Mapping[str, str], **words: object) -> str:
        """Argument that hands over the masks, whose names it quotes; empty if there are none."""
        if not masks:
            return ""
        quoted = {product: shlex.quote(path) for product, path in masks.items()}
        return fill_command(self.mask_argument, {**quoted, **words})

    def shell(self, field: str) -> str:
        """Text of the shell directive of the rule that images."""
        return self._filled_by_snakemake(field, mask_argument="{params.mask_argument}")


class Calibration(RoundCommand):
    """The command that calibrates a beam before it is imaged again.

    It reads the measurement set of the round before, with the model that the imager left in it, and writes that of its
    round: were one set changed in place, then after a change in an early round that round would be imaged again with
    the calibration of a later one.
    """

    @field_validator("command")
    @classmethod
    def _check_calibration(cls, value: str, info: ValidationInfo) -> str:  # noqa: ARG003
        names = {"ms", "calibrated", "prefix", "image", "extra"}
        check_command(value, names, _WORDS | {"threads"})
        if missing := sorted({"ms", "calibrated"} - placeholders_of(value)):
            raise ValueError(
                f"must hold {{{'} and {'.join(missing)}}}: it reads the measurement set of the round before, {{ms}}, "
                "and writes its own, {calibrated}; for a tool that works in place: cp -r {ms} {calibrated} && ..."
            )
        return value

    def shell(self, field: str) -> str:
        """Text of the shell directive of the rule that calibrates."""
        return self._filled_by_snakemake(field, calibrated="{output.ms:q}", image="{input.image:q}")


def data_stamp(measurement_set: str) -> str:
    """What tells whether a measurement set was made anew.

    An imager writes its model into the set that it images, so the time of the set itself says nothing; its antennas
    nobody changes.

    Parameters
    ----------
    measurement_set : str
        A directory, or a file of visibilities in another format.

    Returns
    -------
    str
        Time and size, in words that mean nothing else; empty if there is nothing.
    """
    for part in (Path(measurement_set, "ANTENNA", "table.dat"), Path(measurement_set)):
        if part.is_file():
            status = part.stat()
            return f"{status.st_mtime_ns}:{status.st_size}"
    return ""
