"""Fields with visibilities whose true sky is known: one that is given, and simulated ones, round by round.

A round has calibration errors of its own and the same sky and noise as the others. Its beams are imaged with WSClean's
auto-mask, which needs no mask of ours, and co-added: the mosaic that every mask maker starts from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from astropy.io import fits
from numpy.typing import NDArray

from benchmarks.quality.cleaning import AUTO_MASK, Request, Visibilities, clean, clean_all
from benchmarks.quality.gain_errors import GAIN_ERRORS
from benchmarks.quality.models import Catalogue, Truth, know_truth, read_catalogue, residual_sigma
from benchmarks.quality.scenes import BEAMS
from skerry.config.options import MaskingOptions
from skerry.demo.demo_field import CENTRE, FIELD, NOISE, PIXEL, image_header
from skerry.demo.demo_sets import make_demo_sets, simulated_gains
from skerry.demo.sky import ARCSEC, Beam, Sky, direction_cosines, render
from skerry.errors import SkerryError
from skerry.filters.flood_marks import flood_marks
from skerry.filters.islands import seeded_islands
from skerry.io.fits import Image, read_image, write_products
from skerry.io.headers import Provenance, value_header
from skerry.io.products import Product
from skerry.masking.beam_detection import detected_by_beam
from skerry.sky.beam import RestoringBeam, pixels_per_beam, read_beam
from skerry.sky.grid import celestial_wcs
from skerry.sky.nearest_pixels import extract_nearest
from skerry.steps.mosaic import make_mosaic

__all__ = ["Observed", "given_round", "restored", "simulated_round", "true_islands"]

Flags = NDArray[np.bool_]

INTEGRATIONS, CHANNELS = 40, 8
"""Of simulated fields: a dirty beam without gaps that CLEAN could not fill."""
ORACLE_SEED, ORACLE_FLOOR = 4.0, 1.5
"""The true islands: truth above the second grown from truth above the first, in sigma of the mosaic's thermal noise."""
_MOSAIC_WIDTHS = 1.5
_LEAST_WEIGHT = 1e-3


@dataclass(frozen=True)
class Observed:
    """Beam 0 of a field in a round, and the mosaic that masks are made of.

    Attributes
    ----------
    round : int
        Of which calibration errors.
    visibilities : Visibilities
        Of beam 0.
    mosaic : Image
        Of all beams, cleaned with the auto-mask.
    grid : Image
        Beam 0, cleaned so: says where its pixels are.
    islands : ndarray of bool
        The true ones, on the grid of the mosaic.
    truth : Truth
        Of beam 0.
    sigma : float
        Noise of beam 0, cleaned with the auto-mask, Jy/beam.
    gains : ndarray of complex, shape (times, antennas), or None
        True gains of beam 0 in round 0, if they are known.
    directory : Path
        For what WSClean makes.
    """

    round: int
    visibilities: Visibilities
    mosaic: Image
    grid: Image
    islands: Flags
    truth: Truth
    sigma: float
    gains: NDArray[np.complex128] | None
    directory: Path

    def mask_of_beam(self, mask: Flags, options: MaskingOptions | None = None) -> Flags:
        """Beam 0's part of a mask of the mosaic, as extract-beam makes it with these options; all, if it is its own."""
        if self.mosaic is self.grid:
            return mask
        options = MaskingOptions() if options is None else options
        mosaic, beam = (celestial_wcs(image.path, image.header) for image in (self.mosaic, self.grid))
        part = extract_nearest(
            mask.astype(np.uint8),
            mosaic,
            beam,
            self.grid.data.shape,
            union=options.extract_beam_union,
            blank_border=options.extract_beam_blank_border,
        )
        return (part != 0) & detected_by_beam(self.grid.data, options, pixels_per_beam(self.grid.header))


def given_round(field: Path, sets: str, k: int, directory: Path) -> Observed:
    """Round of a field like `data/field`, whose measurement sets have the columns DATA_R0, DATA_R1, ...

    Parameters
    ----------
    field : Path
        With the images of the beams, the mosaics, their weights and the truth.
    sets : str
        Names of the measurement sets, with {beam} for the number of the beam. The gains' logarithms lie beside them in
        gains.npz, beam 0's as `lng0`.
    k : int
        The round.
    directory : Path
        For what WSClean makes.
    """
    grid = read_image(_only(field, f"*.beam00.round{k}.*.image.fits"))
    mosaic = read_image(_only(field, f"*.round{k}.*.linmos.fits"))
    weights = read_image(_only(field, "*.linmos.weight.fits.gz")).data
    truth = know_truth(
        read_image(field / "truth.beam00.restored.fits.gz"), read_catalogue(field / "truth.catalogue.csv", 0), NOISE
    )
    ms = Path(sets.format(beam=0))
    scale = abs(grid.header["CDELT2"]) * 3600
    visibilities = Visibilities(ms, f"DATA_R{k}", grid.data.shape[0], scale)
    gains = ms.parent / "gains.npz"
    return Observed(
        round=k,
        visibilities=visibilities,
        mosaic=mosaic,
        grid=grid,
        islands=true_islands(mosaic, read_image(field / "truth.mosaic.restored.fits.gz").data, weights),
        truth=truth,
        sigma=residual_sigma(clean(Request(visibilities, AUTO_MASK), directory), truth),
        gains=np.exp(np.load(gains)["lng0"]) if gains.exists() else None,
        directory=directory,
    )


def simulated_round(directory: Path, seed: int, size: int, k: int) -> Observed:
    """Round of a simulated field whose bright and extended sources lie at random; it is made in `directory`."""
    place = directory / f"round{k}"
    if not (place / "field.yaml").exists():
        make_demo_sets(
            place,
            beams=BEAMS,
            rounds=1,
            size=size,
            seed=seed,
            integrations=INTEGRATIONS,
            channels=CHANNELS,
            gain_errors=GAIN_ERRORS[k],
            scatter=True,
            overwrite=True,
        )
    beams = [
        Visibilities(place / "ms" / f"{FIELD}.beam{beam:02d}.ms", "DATA", size, PIXEL / ARCSEC) for beam in range(BEAMS)
    ]
    prefixes = clean_all([Request(beam, AUTO_MASK) for beam in beams], place / "cleaned")
    grid = read_image(f"{prefixes[0]}-image.fits")
    catalogue = read_catalogue(place / "truth" / "catalogue.csv", 0)
    truth = know_truth(restored(catalogue, grid.header, read_beam(grid.header), size), catalogue, NOISE)
    mosaic, islands = _simulated_mosaic(place, prefixes, read_beam(grid.header), size)
    return Observed(
        round=k,
        visibilities=beams[0],
        mosaic=mosaic,
        grid=grid,
        islands=islands,
        truth=truth,
        sigma=residual_sigma(prefixes[0], truth),
        gains=simulated_gains(seed=seed, beam=0, integrations=INTEGRATIONS),
        directory=place / "cleaned",
    )


def _simulated_mosaic(place: Path, prefixes: Sequence[Path], beam: RestoringBeam, size: int) -> tuple[Image, Flags]:
    """Mosaic of the beams, and the true islands on it.

    The truth is rendered on its grid: resampled from the beams it would be wrong by more than the noise round the
    brightest source.
    """
    wide = round(_MOSAIC_WIDTHS * size)
    path, weights, like = (place / f"mosaic{suffix}.fits" for suffix in ("", ".weight", ".restored"))
    truth = restored(read_catalogue(place / "truth" / "catalogue.csv", None), image_header(CENTRE, wide), beam, wide)
    header = value_header(truth.header, Provenance("simulate"))
    write_products([Product(like, truth.data, header, truth.shape)], overwrite=True)
    fwhm = yaml.safe_load((place / "field.yaml").read_text())["mosaic"]["primary_beam_fwhm"]
    make_mosaic(
        [Path(f"{prefix}-image.fits") for prefix in prefixes],
        output=path,
        primary_beam_fwhm=float(fwhm.removesuffix(" deg")),
        like=like,
        weight_output=weights,
        overwrite=True,
    )
    mosaic = read_image(path)
    return mosaic, true_islands(mosaic, truth.data, read_image(weights).data)


def restored(catalogue: Catalogue, header: fits.Header, beam: RestoringBeam, size: int) -> Image:
    """Noise-free image of a catalogue's components on a grid, restored with a beam."""
    centre = tuple(np.deg2rad([header["CRVAL1"], header["CRVAL2"]]))
    east, north = direction_cosines(np.deg2rad(catalogue.ra), np.deg2rad(catalogue.dec), centre)
    axes = catalogue.major * ARCSEC, catalogue.minor * ARCSEC, np.deg2rad(catalogue.angle)
    sky = Sky(east, north, catalogue.flux, *axes, np.full(east.shape, ""))
    data = render(sky, sky.flux, east, north, Beam(*np.deg2rad(beam)), np.deg2rad(abs(header["CDELT2"])), size)
    header = header.copy()
    header["BMAJ"], header["BMIN"], header["BPA"] = beam
    return Image(Path("truth"), data.astype(np.float32), header, data.shape)


def true_islands(
    mosaic: Image,
    truth: NDArray[np.float32],
    weights: NDArray[np.float32] | float = 1.0,
    noise: NDArray[np.float32] | float = NOISE,
) -> Flags:
    """Where to clean, for one who knows the sky."""
    sigmas = truth / (noise / np.sqrt(np.maximum(weights, _LEAST_WEIGHT)))
    floor = np.isfinite(mosaic.data) & (sigmas > ORACLE_FLOOR)
    return np.asarray(seeded_islands(flood_marks(floor, sigmas > ORACLE_SEED)))


def _only(directory: Path, pattern: str) -> Path:
    found = sorted(directory.glob(pattern))
    if len(found) != 1:
        raise SkerryError(f"{directory}: has {len(found)} files {pattern}, not one; give a field like data/field")
    return found[0]
