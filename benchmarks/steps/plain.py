"""The steps of skerry as a straightforward program has them: one SciPy or astropy statement after another.

It is what the steps are timed against, and what their masks are compared with. plain_arrays.py has the statements.

    python -m benchmarks.steps.plain STEP INPUT... OUTPUT... [--box 75] [--scales 0,8,16]
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from benchmarks.steps.plain_arrays import (
    SQUARE,
    Flags,
    Floats,
    beam_fwhm,
    by_scale,
    erode,
    flood_both,
    flood_mac,
    flood_snr,
    islands_at_scale,
    low_snr_islands,
    noise_maps,
    sep_islands,
    signal_image,
    smooth_signal,
    without_rims,
)

BEAM_CLIP = 2.0
PRIMARY_BEAM_CUTOFF = 0.1


def read(path: Path) -> tuple[Floats, fits.Header, tuple[int, ...]]:
    data, header = fits.getdata(path, header=True)
    return data.squeeze().astype(np.float32), header, data.shape


def write(path: Path, data: NDArray[Any], header: fits.Header, shape: tuple[int, ...]) -> None:
    header = header.copy()
    header.remove("BUNIT", ignore_missing=True)
    fits.writeto(path, data.reshape(shape), header, overwrite=True)


def write_mask(path: Path, mask: Flags, header: fits.Header, shape: tuple[int, ...]) -> None:
    write(path, mask.astype(np.uint8), header, shape)


def read_write(image: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    write_mask(output, np.zeros(data.shape, bool), header, shape)


def noise(image: Path, rms_output: Path, bkg_output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    for path, values in zip((rms_output, bkg_output), noise_maps(data), strict=True):
        write(path, values, header, shape)


def signal(image: Path, rms: Path, bkg: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    write(output, signal_image(data, read(rms)[0], read(bkg)[0]), header, shape)


def snr_mask(image: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    write_mask(output, data > 4, header, shape)


def flood(image: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    write_mask(output, flood_snr(data), header, shape)


def flood_low_snr(image: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    write_mask(output, flood_snr(data) | low_snr_islands(data), header, shape)


def flood_by_mac(image: Path, output: Path, *, box: int, depth: int, **_: Any) -> None:
    data, header, shape = read(image)
    write_mask(output, flood_mac(data, box, depth), header, shape)


def flood_smoothed(image: Path, rms: Path, bkg: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    signal = signal_image(data, read(rms)[0], read(bkg)[0])
    write_mask(output, flood_both(data, signal, header), header, shape)


def erode_rims(mask: Path, image: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(mask)
    kept = without_rims(data > 0, read(image)[0], header)
    write_mask(output, erode(kept, header), header, shape)


def erode_mask(mask: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(mask)
    write_mask(output, erode(data > 0, header), header, shape)


def erode_scales(mask: Path, scale_output: Path, output: Path, *, scales: Sequence[int], **_: Any) -> None:
    data, header, shape = read(mask)
    bits = by_scale({scale: erode(data > 0, header, scale) for scale in scales})
    write(scale_output, bits, header, shape)
    write_mask(output, bits > 0, header, shape)


def scale_mask(image: Path, scale_output: Path, output: Path, *, scales: Sequence[int], box: int, **_: Any) -> None:
    data, header, shape = read(image)
    bits = by_scale({scale: erode(islands_at_scale(data, scale, box), header, scale) for scale in scales})
    write(scale_output, bits, header, shape)
    write_mask(output, bits > 0, header, shape)


def edit(mask: Path, output: Path, **_: Any) -> None:
    """Dilate by a disc of 3 pixels, fill holes, leave out small islands, and erode by the disc."""
    from scipy import ndimage

    data, header, shape = read(mask)
    disc = np.hypot(*np.mgrid[-3:4, -3:4]) <= 3
    found = ndimage.binary_fill_holes(ndimage.binary_dilation(data > 0, disc))
    labels, _ = ndimage.label(found, np.ones((3, 3)))
    found &= (np.bincount(labels.ravel()) >= 60)[labels]
    write_mask(output, ndimage.binary_erosion(found, disc, border_value=1), header, shape)


def extract_beam(beam: Path, mosaic_mask: Path, output: Path, **_: Any) -> None:
    from astropy.wcs import WCS
    from reproject import reproject_interp

    header = fits.getheader(beam)
    mask, mask_header = read(mosaic_mask)[:2]
    shape = (header["NAXIS2"], header["NAXIS1"])
    found, _ = reproject_interp((mask, WCS(mask_header).celestial), WCS(header).celestial, shape_out=shape, order=0)
    write_mask(output, np.nan_to_num(found) > 0, header, (1, 1, *shape))


def extract_smoothed(beam: Path, mosaic_mask: Path, output: Path, **_: Any) -> None:
    extract_beam(beam, mosaic_mask, output)
    data, header = read(beam)[:2]
    found, mask_header, shape = read(output)
    seen = smooth_signal(signal_image(data, *noise_maps(data)), beam_fwhm(header)) > BEAM_CLIP
    write_mask(output, (found > 0) & seen, mask_header, shape)


def check(mask: Path, **_: Any) -> None:
    from scipy.ndimage import label

    data = read(mask)[0]
    if not np.isin(data, (0, 1)).all():
        raise SystemExit(f"{mask}: is no mask")
    print(label(data, structure=SQUARE)[1], np.count_nonzero(data) / data.size)


def split_scales(scale_mask: Path, output: Path, *, bit: int, **_: Any) -> None:
    data, header = fits.getdata(scale_mask, header=True)
    fits.writeto(output, ((data >> bit) & 1).astype(np.uint8), header, overwrite=True)


def mosaic(*paths: Path, fwhm: float, **_: Any) -> None:
    from astropy.coordinates import SkyCoord
    from astropy.wcs import WCS
    from reproject import reproject_interp
    from reproject.mosaicking import find_optimal_celestial_wcs, reproject_and_coadd

    *images, output = paths
    corrected, weights = [], []
    for path in images:
        data, header = read(path)[:2]
        wcs = WCS(header).celestial
        y, x = np.indices(data.shape)
        distance = wcs.pixel_to_world(x, y).separation(SkyCoord(*wcs.wcs.crval, unit="deg", frame="fk5")).deg
        response = np.exp(-4 * math.log(2) * (distance / fwhm) ** 2)
        response[response <= PRIMARY_BEAM_CUTOFF] = np.nan
        corrected.append((data / response, wcs))
        weights.append(np.nan_to_num(response) ** 2)
    grid, shape = find_optimal_celestial_wcs(corrected, projection="SIN")
    total, _ = reproject_and_coadd(
        corrected, grid, shape_out=shape, input_weights=weights, reproject_function=reproject_interp
    )
    fits.writeto(output, total.astype(np.float32), grid.to_header(), overwrite=True)


def mask_of_image(image: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    islands = flood_snr(signal_image(data, *noise_maps(data)))
    write_mask(output, erode(islands, header), header, shape)


def mask_by_both(image: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    signal = signal_image(data, *noise_maps(data))
    kept = without_rims(flood_both(data, signal, header), signal, header)
    write_mask(output, erode(kept, header), header, shape)


def mask_by_sep(image: Path, output: Path, **_: Any) -> None:
    data, header, shape = read(image)
    write_mask(output, sep_islands(data), header, shape)


def count(mask: Path, **_: Any) -> None:
    """Print how many pixels of a mask are neither 0 nor NaN."""
    print(np.count_nonzero(np.nan_to_num(fits.getdata(mask))))


def differ(first: Path, second: Path, **_: Any) -> None:
    """Print how many pixels of two images of the same size are not the same."""
    count = 0
    with fits.open(first) as one, fits.open(second) as other:
        a, b = (hdus[0].data.reshape(hdus[0].data.shape[-2:]) for hdus in (one, other))
        for rows in (slice(top, top + 1024) for top in range(0, len(a), 1024)):
            count += int(np.count_nonzero(a[rows] != b[rows]))
    print(count)


STEPS: dict[str, Callable[..., None]] = {
    "read-write": read_write,
    "noise": noise,
    "signal": signal,
    "snr-mask": snr_mask,
    "flood": flood,
    "flood-mac": flood_by_mac,
    "flood-low-snr": flood_low_snr,
    "flood-smoothed": flood_smoothed,
    "erode": erode_mask,
    "erode-rims": erode_rims,
    "erode-scales": erode_scales,
    "edit": edit,
    "scale-mask": scale_mask,
    "extract-beam": extract_beam,
    "extract-smoothed": extract_smoothed,
    "mosaic": mosaic,
    "mask": mask_of_image,
    "mask-both": mask_by_both,
    "mask-sep": mask_by_sep,
    "count": count,
    "check": check,
    "split-scales": split_scales,
    "differ": differ,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("files", type=Path, nargs="+", help="inputs, then outputs; these are replaced")
    parser.add_argument("--box", type=int, default=75, help="box of the minimum absolute clip, pixels")
    parser.add_argument("--depth", type=int, default=0, help="rounds of the adaptive box")
    parser.add_argument("--scales", default="0", help="scales in pixels, with commas between")
    parser.add_argument("--fwhm", type=float, default=1.0, help="primary beam of a mosaic, degrees")
    parser.add_argument("--bit", type=int, default=0, help="of a scale mask")
    given = parser.parse_args()
    scales = [int(scale) for scale in given.scales.split(",")]
    options = {"box": given.box, "depth": given.depth, "scales": scales, "fwhm": given.fwhm, "bit": given.bit}
    STEPS[given.step](*given.files, **options)


if __name__ == "__main__":
    main()
