"""The cases whose products are compared: every subcommand and every preset, option by option, on one image.

A case is a call of skerry in a directory of its own. A word of its arguments that names a file of the group, as
`image.fits`, or a product of an earlier case, as `noise/image.rms.fits`, is linked into that directory by its last
name; so the default names of outputs are tried too, and what a case leaves behind that is no link is its product.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

PRESETS = ("early-round", "late-round", "compact", "diffuse", "galactic-plane")
MAPS = "--rms noise/image.rms.fits --bkg noise/image.bkg.fits"
SIGNAL = "signal/image.signal.fits"
MASK = "islands/image.mask.fits"
SCALE_MASK = "scales/image.scalemask.fits"
CLIPS = "--positive-seed-clip 4.5 --positive-flood-clip 1.5"
MAC = "--use-mac --positive-seed-clip 1.5 --positive-flood-clip 1.2"
BOTH = "--statistic both --positive-seed-clip 5 --mac-seed-factor 1.6 --use-mac-box-size 35"
SMOOTHED = "--positive-flood-clip 2.25 --mac-flood-factor 0.7 --smooth-beams 1 --smooth-seed-factor 2.5"
MASK_MAC = "--flood-fill --flood-fill-use-mac --flood-fill-positive-seed-clip 1.5 --flood-fill-positive-flood-clip 0.8"

# What the products of every image are made by; the later ones are made from those of the earlier ones.
CHAIN = {
    "noise": "noise image.fits",
    "signal": f"signal image.fits {MAPS}",
    "seeds": f"snr-mask {SIGNAL} --seeds",
    "islands": f"flood {SIGNAL}",
    "scales": f"erode {MASK} --scales 0,8,16",
}

PRESET = {f"mask.{preset}": f"mask image.fits --preset {preset}" for preset in PRESETS}
# What else is made of most images.
SHORT = {
    "mask": "mask image.fits",
    "mask.flood-erode": "mask image.fits --flood-fill --beam-shape-erode",
    "mask.mac-scales": f"mask image.fits {MASK_MAC} --flood-fill-use-mac-adaptive-max-depth 3 --beam-shape-erode "
    "--beam-shape-erode-scales 0,8,16",
    "snr-mask": f"snr-mask {SIGNAL}",
    "flood.mac": f"flood image.fits {MAC}",
    "flood.adaptive": f"flood image.fits {MAC} --use-mac-adaptive-max-depth 3",
    "flood.smoothed": f"flood image.fits {MAPS} {BOTH} {SMOOTHED}",
    "flood.low-snr": f"flood {SIGNAL} {CLIPS} --grow-low-snr-island",
    "flood.artefacts": f"flood {SIGNAL} {CLIPS} --suppress-artefacts",
    "erode": f"erode {MASK}",
    "erode.rims": f"erode {MASK} --signal {SIGNAL} --rims",
    "scale-mask": "scale-mask image.fits --scales 0,8,16 --positive-seed-clip 1.5 --positive-flood-clip 1.2",
    "extract-beam": f"extract-beam image.fits {MASK} -o beam.fits",
    "extract-beam.smoothed": f"extract-beam image.fits {MASK} -o beam.fits --smoothed-clip 2",
    "mosaic": "mosaic image.fits -o mosaic.fits --primary-beam-fwhm 1deg",
    "edit": f"edit {SCALE_MASK} --dilate 2 --union {MASK} --fill-holes --min-size 9 --erode 1 -o edited.fits",
    "check": f"check {MASK} --image image.fits",
    "check.image": "check image.fits --image image.fits",
    "split-scales": f"split-scales {SCALE_MASK}",
}

NOISE = {
    "noise.box-16": "noise image.fits --box-size 16",
    "noise.box-50": "noise image.fits --box-size 50 --filter-size 1",
    "noise.filter-5": "noise image.fits --filter-size 5",
    "noise.box-64-filter-7": "noise image.fits --box-size 64 --filter-size 7",
    "noise.box-wider": "noise image.fits --box-size 3000",
    "noise.names": "noise image.fits --rms-output r.fits --bkg-output b.fits",
    "signal.no-bkg": "signal image.fits --rms noise/image.rms.fits",
}

SNR_MASK = {
    "snr-mask.clip": f"snr-mask {SIGNAL} --base-snr-clip 6 -o six.fits",
    "snr-mask.maps": f"snr-mask image.fits {MAPS}",
    "snr-mask.rms": "snr-mask image.fits --rms noise/image.rms.fits",
    "snr-mask.seeds-clip": f"snr-mask {SIGNAL} --seeds --positive-seed-clip 7",
    "snr-mask.seeds-none": f"snr-mask {SIGNAL} --seeds --positive-seed-clip 1e9",
    "snr-mask.seeds-empty": f"snr-mask {SIGNAL} --seeds --positive-seed-clip 1e9 --allow-empty",
    "snr-mask.seeds-false": f"snr-mask {SIGNAL} --seeds --false-islands 0.01",
    "snr-mask.seeds-false-box": f"snr-mask {SIGNAL} --seeds --false-islands 0.3 --noise-box-size 64 "
    "--noise-filter-size 1",
    "snr-mask.both": f"snr-mask image.fits {MAPS} --seeds --statistic both",
    "snr-mask.both-image": f"snr-mask {SIGNAL} --image image.fits --seeds --statistic both --mac-seed-factor 2 "
    "--use-mac-box-size 35",
    "snr-mask.both-sigma": f"snr-mask image.fits {MAPS} --seeds --statistic both --mac-unit sigma --mac-seed-factor 5",
    "snr-mask.both-plateaus": f"snr-mask image.fits {MAPS} --seeds --statistic both --mac-plateaus "
    "--use-mac-box-size 25",
    "snr-mask.both-adaptive": f"snr-mask image.fits {MAPS} --seeds --statistic both --use-mac-adaptive-max-depth 3 "
    "--use-mac-adaptive-step-factor 1.5 --use-mac-adaptive-skew-delta 0.1",
    "snr-mask.mac": "snr-mask image.fits --seeds --statistic mac --positive-seed-clip 1.5",
}

FLOOD = {
    "flood.clips": f"flood {SIGNAL} --positive-seed-clip 6 --positive-flood-clip 2.5 -o six.fits",
    "flood.maps": f"flood image.fits {MAPS} {CLIPS}",
    "flood.seeds": f"flood {SIGNAL} --seeds seeds/image.seeds.fits --positive-flood-clip 1",
    "flood.seeds-maps": f"flood image.fits {MAPS} --seeds seeds/image.seeds.fits",
    "flood.none": f"flood {SIGNAL} --positive-seed-clip 1e9",
    "flood.empty": f"flood {SIGNAL} --positive-seed-clip 1e9 --allow-empty",
    "flood.false": f"flood {SIGNAL} {CLIPS} --false-islands 0.01",
    "flood.false-box": f"flood {SIGNAL} {CLIPS} --false-islands 0.3 --noise-box-size 64 --noise-filter-size 1",
    "flood.negative": f"flood {SIGNAL} {CLIPS} --count-negative",
}

FLOOD_MAC = {
    "flood.mac-statistic": "flood image.fits --statistic mac --positive-seed-clip 1.5 --positive-flood-clip 1.2",
    "flood.mac-box-25": f"flood image.fits {MAC} --use-mac-box-size 25",
    "flood.mac-box-400": f"flood image.fits {MAC} --use-mac-box-size 400",
    "flood.mac-box-even": f"flood image.fits {MAC} --use-mac-box-size 36",
    "flood.mac-sigma": "flood image.fits --use-mac --mac-unit sigma --positive-seed-clip 5 --positive-flood-clip 3",
    "flood.mac-plateaus": f"flood image.fits {MAC} --mac-plateaus --use-mac-box-size 35",
    "flood.mac-negative": f"flood image.fits {MAC} --count-negative",
    "flood.mac-seeds": f"flood image.fits {MAC} --seeds seeds/image.seeds.fits",
    "flood.mac-none": "flood image.fits --use-mac --positive-seed-clip 1e9",
    "flood.mac-empty": "flood image.fits --use-mac --positive-seed-clip 1e9 --allow-empty",
    "flood.mac-low-snr": f"flood image.fits {MAC} --signal {SIGNAL} --grow-low-snr-island",
    "flood.mac-low-snr-maps": f"flood image.fits {MAC} {MAPS} --grow-low-snr-island --grow-low-snr-island-clip 2",
    "flood.mac-artefacts": f"flood image.fits {MAC} {MAPS} --suppress-artefacts",
    "flood.adaptive-steps": f"flood image.fits {MAC} --use-mac-adaptive-max-depth 4 "
    "--use-mac-adaptive-step-factor 1.5 --use-mac-adaptive-skew-delta 0.05",
    "flood.adaptive-depth-0": f"flood image.fits {MAC} --use-mac-adaptive-max-depth 0",
    "flood.adaptive-plateaus": f"flood image.fits {MAC} --use-mac-adaptive-max-depth 2 --mac-plateaus",
}

FLOOD_BOTH = {
    "flood.both": f"flood image.fits {MAPS} {BOTH}",
    "flood.both-signal": f"flood image.fits --signal {SIGNAL} {BOTH}",
    "flood.both-factors": f"flood image.fits {MAPS} --statistic both --mac-seed-factor 1 --mac-flood-factor 0",
    "flood.both-sigma": f"flood image.fits {MAPS} {BOTH} --mac-unit sigma --mac-seed-factor 4 --mac-flood-factor 1",
    "flood.both-seeds": f"flood image.fits {MAPS} {BOTH} --seeds seeds/image.seeds.fits",
    "flood.both-adaptive": f"flood image.fits {MAPS} {BOTH} --use-mac-adaptive-max-depth 2",
    "flood.both-plateaus": f"flood image.fits {MAPS} {BOTH} --mac-plateaus",
    "flood.both-low-snr": f"flood image.fits {MAPS} {BOTH} --grow-low-snr-island --grow-low-snr-island-beams 20 "
    "--grow-low-snr-island-significance 8",
    "flood.both-everything": f"flood image.fits {MAPS} {BOTH} {SMOOTHED} --grow-low-snr-island "
    "--grow-low-snr-island-clip 3.25 --grow-low-snr-island-smooth-beams 1 --mac-plateaus --false-islands 0.3 "
    "--suppress-artefacts --count-negative",
    "flood.smoothed-signal": f"flood image.fits --signal {SIGNAL} {BOTH} {SMOOTHED}",
    "flood.smoothed-no-seeds": f"flood image.fits {MAPS} {BOTH} --positive-flood-clip 3 --smooth-beams 2.5",
    "flood.smoothed-pixel-clip": f"flood image.fits {MAPS} {BOTH} {SMOOTHED} --pixel-clip -1",
    "flood.smoothed-pixel-clip-2": f"flood image.fits {MAPS} {BOTH} {SMOOTHED} --pixel-clip 2",
    "flood.smoothed-sigma": f"flood image.fits {MAPS} {BOTH} {SMOOTHED} --mac-unit sigma --mac-seed-factor 4",
    "flood.smoothed-seeds": f"flood image.fits {MAPS} {BOTH} {SMOOTHED} --seeds seeds/image.seeds.fits",
    "flood.smoothed-adaptive": f"flood image.fits {MAPS} {BOTH} {SMOOTHED} --use-mac-adaptive-max-depth 2",
}

FLOOD_MORE = {
    "flood.low-snr-size": f"flood {SIGNAL} {CLIPS} --grow-low-snr-island --grow-low-snr-island-clip 1.2 "
    "--grow-low-snr-island-size 100",
    "flood.low-snr-beams": f"flood {SIGNAL} {CLIPS} --grow-low-snr-island --grow-low-snr-island-beams 10",
    "flood.low-snr-significance": f"flood {SIGNAL} {CLIPS} --grow-low-snr-island --grow-low-snr-island-size 50 "
    "--grow-low-snr-island-significance 10",
    "flood.low-snr-smooth": f"flood {SIGNAL} {CLIPS} --grow-low-snr-island --grow-low-snr-island-clip 3 "
    "--grow-low-snr-island-smooth-beams 1.5 --grow-low-snr-island-beams 5",
    "flood.low-snr-negative": f"flood {SIGNAL} {CLIPS} --grow-low-snr-island --count-negative",
    "flood.artefacts-clip": f"flood {SIGNAL} {CLIPS} --suppress-artefacts --suppress-artefacts-negative-clip 3 "
    "--suppress-artefacts-peak-fraction 0.02",
    "flood.artefacts-reach": f"flood {SIGNAL} {CLIPS} --suppress-artefacts --suppress-artefacts-reach-beams 20 "
    "--suppress-artefacts-ring-beams 0",
    "flood.artefacts-factors": f"flood {SIGNAL} {CLIPS} --suppress-artefacts --suppress-artefacts-seed-factor 1 "
    "--suppress-artefacts-flood-factor 1 --suppress-artefacts-mirror-fraction 0.1",
    "flood.artefacts-low-snr": f"flood {SIGNAL} {CLIPS} --suppress-artefacts --grow-low-snr-island --count-negative",
}

BEAM = "--bmaj 30arcsec --bmin 0.3arcmin --bpa 40"
ERODE = {
    "erode.name": f"erode {MASK} -o other.fits",
    "erode.response": f"erode {MASK} --minimum-response 0.3",
    "erode.response-high": f"erode {MASK} --minimum-response 0.95",
    "erode.beam": f"erode {MASK} --beam image.fits",
    "erode.axes": f"erode {MASK} {BEAM}",
    "erode.scales-factor": f"erode {MASK} --scales 0,4,12,40 --scale-fwhm-factor 1 --scale-output by.fits -o all.fits",
    "erode.scales-wide": f"erode {MASK} --scales 0,16,64,256",
    "erode.scales-nine": f"erode {MASK} --scales 0,2,4,6,8,10,12,14,16",
    "erode.scales-axes": f"erode {MASK} --scales 5,9 {BEAM} --minimum-response 0.5",
    "erode.rims-options": f"erode {MASK} --signal {SIGNAL} --rims --rims-clip 10 --rims-factor 2 --rims-beams 8",
    "erode.rims-scales": f"erode {MASK} --signal {SIGNAL} --rims --scales 0,8",
    "erode.of-scale-mask": f"erode {SCALE_MASK}",
}

SCALE = "--positive-seed-clip 1.5 --positive-flood-clip 1.2"
SCALES = {
    "scale-mask.wide": f"scale-mask image.fits --scales 0,16,64 {SCALE} -o by.fits --mask-output all.fits",
    "scale-mask.factor": f"scale-mask image.fits --scales 0,8 {SCALE} --scale-fwhm-factor 1 --minimum-response 0.4",
    "scale-mask.adaptive": f"scale-mask image.fits --scales 0,8,16 {SCALE} --use-mac-adaptive-max-depth 2 "
    "--use-mac-adaptive-step-factor 3 --use-mac-adaptive-skew-delta 0.1",
    "scale-mask.box": f"scale-mask image.fits --scales 0,8 {SCALE} --use-mac-box-size 30",
    "split-scales.one": f"split-scales {SCALE_MASK} --scale 8",
    "split-scales.name": f"split-scales {SCALE_MASK} --scale 16 -o sixteen.fits",
    "split-scales.absent": f"split-scales {SCALE_MASK} --scale 7",
    "split-scales.plain": f"split-scales {MASK}",
    "split-scales.nine": "split-scales erode.scales-nine/image.scalemask.fits",
}

EXTRACT = {
    "extract-beam.union": f"extract-beam image.fits {MASK} -o beam.fits --union",
    "extract-beam.border": f"extract-beam image.fits {MASK} -o beam.fits --blank-border 40",
    "extract-beam.scales": f"extract-beam image.fits {SCALE_MASK} -o beam.fits",
    "extract-beam.scales-union": f"extract-beam image.fits {SCALE_MASK} --union --smoothed-clip 1 -o s.fits",
    "extract-beam.clip-options": f"extract-beam image.fits {MASK} -o beam.fits --smoothed-clip 3 --noise-box-size 20 "
    "--noise-filter-size 1",
}

CHECK = {
    "check.size": f"check {MASK} --size 768 768 --scale 2.5asec",
    "check.size-wrong": f"check {MASK} --size 100 200 --scale 8asec",
    "check.neither": f"check {MASK}",
    "check.channels": f"check {MASK} --image image.fits --channels 4",
    "check.empty": "check flood.empty/image.mask.fits --image image.fits",
    "check.allow-empty": "check flood.empty/image.mask.fits --image image.fits --allow-empty",
    "check.scale-mask": f"check {SCALE_MASK} --image image.fits",
    "check.signal": f"check {SIGNAL} --image image.fits",
}

MASK_OPTIONS = {
    **{f"mask.{preset}-maps": f"mask image.fits --preset {preset} {MAPS}" for preset in PRESETS},
    **{
        f"mask.{preset}-scales": f"mask image.fits --preset {preset} --beam-shape-erode-scales 0,8"
        for preset in PRESETS
    },
    "mask.rms": "mask image.fits --rms noise/image.rms.fits",
    "mask.clip": "mask image.fits --base-snr-clip 7 -o seven.fits",
    "mask.noise-options": "mask image.fits --flood-fill --noise-box-size 20 --noise-filter-size 5",
    "mask.mac": f"mask image.fits {MASK_MAC}",
    "mask.mac-low-snr": f"mask image.fits {MASK_MAC} --grow-low-snr-island",
    "mask.mac-sigma": "mask image.fits --flood-fill --flood-fill-use-mac --flood-fill-mac-unit sigma "
    "--flood-fill-positive-seed-clip 5",
    "mask.both": "mask image.fits --flood-fill --flood-fill-statistic both",
    "mask.scales": f"mask image.fits --flood-fill --beam-shape-erode --beam-shape-erode-scales 0,8,16 {MAPS}",
    "mask.scales-names": "mask image.fits --flood-fill --beam-shape-erode --beam-shape-erode-scales 0,8 "
    "--scale-output by.fits -o all.fits",
    "mask.rims": f"mask image.fits --flood-fill --beam-shape-erode --beam-shape-erode-rims {MAPS}",
    "mask.rims-scales": "mask image.fits --flood-fill --beam-shape-erode --beam-shape-erode-rims "
    "--beam-shape-erode-scales 0,8,16",
    "mask.convolve-first": f"mask image.fits {MASK_MAC} --convolve-first --beam-shape-erode-scales 0,8,16",
    "mask.convolve-first-erode": f"mask image.fits {MASK_MAC} --convolve-first --beam-shape-erode "
    "--beam-shape-erode-scales 0,8 --flood-fill-use-mac-adaptive-max-depth 2",
    "mask.preset-changed": "mask image.fits --preset late-round --no-beam-shape-erode --flood-fill-false-islands 1",
    "mask.preset-negative": "mask image.fits --preset diffuse --flood-fill-count-negative",
    "mask.no-effect": "mask image.fits --flood-fill-positive-seed-clip 6 --grow-low-snr-island-size 10",
}

LIMITS = "--memory 200MB --threads 1"
BANDED = {
    "noise.limits": f"noise image.fits {LIMITS}",
    "signal.limits": f"signal image.fits {MAPS} {LIMITS}",
    "snr-mask.limits": f"snr-mask {SIGNAL} {LIMITS}",
    "flood.limits": f"flood {SIGNAL} {CLIPS} {LIMITS}",
    "flood.mac-limits": f"flood image.fits {MAC} {LIMITS}",
    "flood.adaptive-limits": f"flood image.fits {MAC} --use-mac-adaptive-max-depth 3 {LIMITS}",
    "flood.smoothed-limits": f"flood image.fits {MAPS} {BOTH} {SMOOTHED} {LIMITS}",
    "flood.low-snr-limits": f"flood {SIGNAL} {CLIPS} --grow-low-snr-island {LIMITS}",
    "flood.artefacts-limits": f"flood {SIGNAL} {CLIPS} --suppress-artefacts {LIMITS}",
    "erode.rims-limits": f"erode {MASK} --signal {SIGNAL} --rims {LIMITS}",
    "erode.limits": f"erode {MASK} --scales 0,8,32 {LIMITS}",
    "scale-mask.limits": f"scale-mask image.fits --scales 0,8,16 {SCALE} {LIMITS}",
    "extract-beam.limits": f"extract-beam image.fits {MASK} -o beam.fits --union --smoothed-clip 2 {LIMITS}",
    "check.limits": f"check {MASK} --image image.fits {LIMITS}",
    "mask.limits": f"mask image.fits --preset late-round {LIMITS}",
}
"""The costliest calls in the least memory, so in bands of few rows; results do not depend on it."""

BEAMS = "beam0.fits beam1.fits"
FWHM = "--primary-beam-fwhm '19.2 arcmin'"
SEVERAL = {
    "mosaic.beams": f"mosaic {BEAMS} -o mosaic.fits {FWHM}",
    "mosaic.cutoff": f"mosaic {BEAMS} -o mosaic.fits {FWHM} --primary-beam-cutoff 0.4 --weight-output weight.fits",
    "mosaic.like": f"mosaic {BEAMS} -o mosaic.fits {FWHM} --like image.fits",
    "mosaic.weights": f"mosaic {BEAMS} -o mosaic.fits --weights noise.beam0/beam0.rms.fits --weights "
    "noise.beam1/beam1.rms.fits --weight-output weight.fits",
    "mosaic.neither": f"mosaic {BEAMS} -o mosaic.fits",
    "mosaic.limits": f"mosaic {BEAMS} -o mosaic.fits {FWHM} --weight-output weight.fits {LIMITS}",
    "mosaic.mask": "mask mosaic.beams/mosaic.fits --preset late-round --beam-shape-erode-scales 0,8",
    "mosaic.extract": "extract-beam beam0.fits mosaic.mask/mosaic.scalemask.fits",
    "mosaic.extract-plain": "extract-beam beam1.fits mosaic.mask/mosaic.mask.fits --smoothed-clip 2 --union",
    "mosaic.check": "check mosaic.extract-plain/beam1.mask.fits --image beam1.fits",
    "mosaic.check-other": "check mosaic.extract-plain/beam1.mask.fits --image beam0.fits",
}
"""Of a group that has two beams beside its image."""

FLOODS = FLOOD | FLOOD_MAC | FLOOD_BOTH | FLOOD_MORE
ALL = NOISE | SNR_MASK | FLOODS | ERODE | SCALES | EXTRACT | CHECK | MASK_OPTIONS | BANDED


Which: TypeAlias = Literal["presets", "short", "limits", "all"]
WHICH: dict[Which, tuple[dict[str, str], ...]] = {
    "presets": (CHAIN, PRESET),
    "short": (CHAIN, PRESET, SHORT),
    "limits": (CHAIN, PRESET, SHORT, BANDED),
    "all": (CHAIN, PRESET, SHORT, ALL),
}


@dataclass(frozen=True)
class Case:
    """A call of skerry.

    Attributes
    ----------
    name : str
        Unique in its group.
    arguments : sequence of str
        Of skerry, subcommand first.
    texts : mapping of str to str
        Files to write before the call, such as a field.yaml; no products.
    uses : sequence of str
        Words as those of the arguments, that are to be linked but not said.
    alters : bool
        Whether it writes into what it is made from, which is then copied and not linked. Nor is the path of a copy
        that of another directory, which would stand in the products.
    """

    name: str
    arguments: Sequence[str]
    texts: Mapping[str, str] = field(default_factory=dict)
    uses: Sequence[str] = ()
    alters: bool = False


@dataclass(frozen=True)
class Group:
    """Cases on the same files, in the order in which they run.

    Attributes
    ----------
    name : str
        Unique.
    files : mapping of str to Path
        Files and directories that are given, by the name that a case calls them by.
    cases : sequence of Case
        Of which the later ones may use products of the earlier ones.
    """

    name: str
    files: Mapping[str, Path]
    cases: Sequence[Case]


def cases(*calls: Mapping[str, str]) -> list[Case]:
    """Cases of some command lines by name."""
    return [Case(name, shlex.split(line)) for several in calls for name, line in several.items()]


def image_group(name: str, image: Path, which: Which, beams: Iterable[Path] = ()) -> Group:
    """Cases on one image, and on its beams if it has any."""
    beam_files = {f"beam{n}.fits": beam for n, beam in enumerate(beams)}
    of_beams = {f"noise.{Path(beam).stem}": f"noise {beam}" for beam in beam_files}
    several = of_beams | SEVERAL if beam_files else {}
    return Group(name, {"image.fits": image, **beam_files}, cases(*WHICH[which], several))
