"""A field and how its masks are made, as read from one YAML file.

Everything a run needs is checked here, before any job starts, and all that is wrong is said at once: a typing error
must not show up after hours on a cluster.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from skerry.config.options import MaskingOptions
from skerry.config.presets import load_preset, preset_for_round
from skerry.config.yaml_text import describe_problems, read_yaml
from skerry.errors import SkerryError
from skerry.field.imager import Calibration, Imager
from skerry.field.keys import CoAddition, FieldKeys
from skerry.field.patterns import fill, from_here
from skerry.field.rounds import consider_beam_mask_round

__all__ = ["FIELD_FILE", "FieldConfig", "field_from_config", "load_field", "parse_field"]

FIELD_FILE = "field_file"
"""Key of a configuration that only names the YAML file of a field: of one that is run with others."""

_NAMES_IN_AN_ERROR = 3
_DEMOS = {"demo": "", "demo-ms": " --measurement-sets"}


class FieldConfig(FieldKeys):
    """A field: its keys, and the names of all its files."""

    @property
    def directory(self) -> str:
        """Where everything of this field is written."""
        return os.path.join(self.output, self.field)  # noqa: PTH118

    @property
    def masked_rounds(self) -> tuple[int, ...]:
        """Rounds that get masks."""
        return tuple(k for k in range(1, self.rounds + 1) if consider_beam_mask_round(k, self.mask_rounds))

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the images that masks are made from: the mosaic, or each beam."""
        return ("mosaic",) if self.source == "mosaic" else tuple(f"beam{beam}" for beam in self.beams)

    @property
    def co_adds(self) -> bool:
        """Whether the mosaics are made from the beams, not given."""
        return self.source == "mosaic" and isinstance(self.mosaic, CoAddition)

    def options_for_round(self, k: int) -> MaskingOptions:
        """Options of the masks for round `k`: those of every round, with this round's overrides."""
        return self.masking_rounds.get(k, self.masking)

    @property
    def options_without_effect(self) -> tuple[str, ...]:
        """Masking options that are set but change nothing in any round, because what they belong to is off."""
        idle = [self._idle_options(k) for k in self.masked_rounds]
        return tuple(sorted(set.intersection(*idle))) if idle else ()

    def _idle_options(self, k: int) -> set[str]:
        options = self.options_for_round(k)
        name = preset_for_round(self.preset, k)
        # What a preset sets nobody asked for.
        preset = {} if name is None else load_preset(name).options
        idle = {key for key in options.without_effect if key not in preset or getattr(options, key) != preset[key]}
        if self.source == "beam":
            # There is no mosaic to extract a beam from.
            changed = options.model_dump(exclude_defaults=True)
            idle |= {name for name in changed if name.startswith("extract_beam_")}
        return idle

    def mask_path(self, k: int, beam: str, product: str = "mask") -> str:
        """Mask, or the scale mask, with which `beam` is imaged in round `k`."""
        return f"{self.directory}/round{k}/beam{beam}.{product}.fits"

    @property
    def imaged_rounds(self) -> tuple[int, ...]:
        """Rounds whose images the workflow makes."""
        if self.imager is None:
            return ()
        return tuple(range(0 if self.images is None else 1, self.rounds + 1))

    def image_path(self, beam: str, image_round: int) -> str:
        """Image of a beam of a round, given or made."""
        if self.imager is not None and image_round in self.imaged_rounds:
            return self.imager.image_name(self.image_prefix(beam, image_round))
        return fill(str(self.images), field=self.field, beam=beam, round=image_round)

    def image_prefix(self, beam: str, k: int | str) -> str:
        """What the names of all that the imager makes of a beam in a round begin with."""
        return f"{self.directory}/round{k}/images/beam{beam}"

    def measurement_set(self, beam: str, k: int) -> str:
        """Measurement set that is imaged in a round: the given one, or the one that was calibrated for it."""
        if self.calibrate is not None and k > 0:
            return f"{self.directory}/round{k}/ms/beam{beam}.ms"
        return fill(str(self.measurement_sets), field=self.field, beam=beam)

    def mosaic_path(self, image_round: int) -> str | None:
        """Mosaic of the images of a round, if it is given."""
        if not isinstance(self.mosaic, str):
            return None
        return fill(self.mosaic, field=self.field, round=image_round)

    def weight_paths(self, image_round: int) -> list[str]:
        """Weight images of the beams in a round, if the mosaic is made with them."""
        if not isinstance(self.mosaic, CoAddition) or self.mosaic.weights is None:
            return []
        pattern = self.mosaic.weights
        return [fill(pattern, field=self.field, beam=beam, round=image_round) for beam in self.beams]

    def noise_path(self, kind: Literal["rms", "bkg"], target: str, image_round: int) -> str | None:
        """Noise or background map of the image of a target in a round, if it is given."""
        pattern = self.rms if kind == "rms" else self.bkg
        if pattern is None:
            return None
        return fill(pattern, field=self.field, beam=target.removeprefix("beam"), round=image_round)

    def given_files(self) -> list[str]:
        """Every file, or measurement set, that the user has to provide."""
        files = dict.fromkeys(self._given_sets())
        if self.calibrate is not None and 0 not in self.imaged_rounds:
            files.update(dict.fromkeys(self.image_path(beam, 0) for beam in self.beams))
        for k in self.masked_rounds:
            files.update(dict.fromkeys(self._given_files(k - 1, self.options_for_round(k))))
        return list(files)

    def _given_files(self, image_round: int, options: MaskingOptions) -> Iterator[str]:
        if image_round not in self.imaged_rounds:
            yield from (self.image_path(beam, image_round) for beam in self.beams)
        if self.source == "mosaic":
            mosaic = self.mosaic_path(image_round)
            yield from [mosaic] if mosaic else self.weight_paths(image_round)
        if options.needs_signal:
            for target in self.targets:
                maps = (self.noise_path(kind, target, image_round) for kind in ("rms", "bkg"))
                yield from (path for path in maps if path is not None)

    def check_inputs(self) -> None:
        """Check that every file that the user has to provide is there.

        Raises
        ------
        SkerryError
            Names the first of those that are not, and counts them.
        """
        given = self.given_files()
        sets = set(self._given_sets())
        missing = [name for name in given if not (Path(name).exists() if name in sets else Path(name).is_file())]
        if not missing:
            return
        shown = ", ".join(missing[:_NAMES_IN_AN_ERROR]) + (", ..." if len(missing) > _NAMES_IN_AN_ERROR else "")
        parents = (path for name in missing for path in Path(name).parents)
        demo = next((path for path in parents if path.name in _DEMOS), None)
        todo = "check measurement_sets, images, mosaic, rms and bkg"
        if demo is not None:
            todo = f"make the demo field with 'skerry simulate {demo}{_DEMOS[demo.name]}'"
        raise SkerryError(f"{len(missing)} of {len(given)} input files are absent: {shown}; {todo}")

    def _given_sets(self) -> list[str]:
        return [] if self.imager is None else [self.measurement_set(beam, 0) for beam in self.beams]


_MODELS: dict[tuple[str, ...], type[BaseModel]] = {
    (): FieldConfig,
    ("masking",): MaskingOptions,
    ("mosaic",): CoAddition,
    ("imager",): Imager,
    ("calibrate",): Calibration,
}


def load_field(path: str | Path) -> FieldConfig:
    """Read and check the YAML file of a field.

    Relative paths in it are relative to its directory, but `output` to the current one.

    Raises
    ------
    SkerryError
        If it cannot be read or is wrong; names every key that is.
    """
    path = Path(path)
    return parse_field(read_yaml(path), path.parent, str(path))


def field_from_config(config: Mapping[str, Any], files: Sequence[str | Path]) -> FieldConfig:
    """Check the configuration that Snakemake merged from `files`; relative paths are relative to the first of them.

    Snakemake's reader lets pass what ours calls an error, so the files are read again.
    """
    if FIELD_FILE in config:
        return load_field(config[FIELD_FILE])
    for path in files:
        read_yaml(Path(path))
    if not files:
        return parse_field(config, Path())
    return parse_field(config, Path(files[0]).parent, ", ".join(map(from_here, map(str, files))))


def parse_field(mapping: Mapping[str, Any], base: Path, name: str = "field configuration") -> FieldConfig:
    """Check a field's configuration.

    Parameters
    ----------
    mapping : mapping
        As in the YAML file.
    base : Path
        Directory that relative paths are relative to.
    name : str
        How an error calls the configuration.

    Returns
    -------
    FieldConfig

    Raises
    ------
    SkerryError
        Says everything that is wrong, a line each, and names the keys.
    """
    try:
        return FieldConfig.model_validate(dict(mapping), context={"base": base})
    except ValidationError as error:
        problems = describe_problems(error, "", _MODELS)
    if len(problems) == 1:
        raise SkerryError(f"{name}: {problems[0]}")
    raise SkerryError("\n  ".join([f"{name}: {len(problems)} errors", *problems]))
