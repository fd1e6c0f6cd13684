"""Commands at extreme sizes of images, beams, options and files, and the files that they read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from astropy.io import fits

from skerry.config.declaration import declarations, short_flag
from skerry.config.options import MaskingOptions
from skerry.io.headers import scale_facts

__all__ = ["Case", "all_cases", "make_inputs"]

CELL = 2 / 3600
"""Degrees a pixel."""

MAC = "--use-mac --seed-clip 1.5 --flood-clip 1.2"
BOTH = "--statistic both --seed-clip 5 --mac-seed-factor 1.6 --flood-clip 2.25 --mac-flood-factor 0.7"
BASES = {
    "by S/N": "mask {image} --no-preset --flood-fill --suppress-artefacts --low-snr-islands --erode --rims",
    "by S/N, low beams": "mask {image} --no-preset --flood-fill --low-snr-islands --low-snr-beams 5 "
    "--low-snr-smooth-beams 2",
    "clip": "mask {image} --no-preset",
    "seeds": "snr-mask {image} --rms {rms} --seeds --statistic both",
    "MAC": f"mask {{image}} --no-preset --flood-fill {MAC} --mac-adaptive-max-depth 3 --erode",
    "both": f"mask {{image}} --no-preset --flood-fill {BOTH} --smooth-beams 1 --smooth-seed-factor 2.5 "
    "--mac-unit sigma --mac-plateaus --erode --rims --rims-smooth-beams 3 --diffuse-beams 2,4 --noise-box-beams 20",
    "by scales": "scale-mask {image} --scales 0,8,16 --seed-clip 1.5 --flood-clip 1.2",
    "noise": "noise {image}",
    "extract-beam": "extract-beam {image} {mask} --smoothed-clip 2",
}
"""Commands in one or more of which each option counts."""
INTEGERS = (1, 300, 1000, 10**5, 10**9)
NUMBERS = (1e-9, 0.3, 30.0, 1000.0, 1e6, 1e15)
LEVELS = (1e-9, 1e15)
"""Of what is compared with pixels, and sizes nothing."""
SCALES = ("0,300", "0,3000", "8,1000000", ",".join(str(n * 20) for n in range(31)), "1,1000000000")


class Case(NamedTuple):
    """A command, in words, and what is extreme in it."""

    option: str
    value: str
    image: str
    words: str


def values_of(name: str) -> Sequence[object]:
    """Extreme values of an option that it takes; none if it is no number."""
    field = MaskingOptions.model_fields[name]
    kind = str(field.annotation)
    if "tuple" in kind:
        return SCALES
    is_size = re.search("beams|size|depth|step|reach|border|scale|response|clip$", name)
    candidates = INTEGERS if "int" in kind else (NUMBERS if is_size else LEVELS) if "float" in kind else ()
    lowest = max(
        (getattr(bound, kind) for bound in field.metadata for kind in ("ge", "gt") if hasattr(bound, kind)), default=0
    )
    highest = min((bound.lt for bound in field.metadata if hasattr(bound, "lt")), default=np.inf)
    return [value for value in candidates if lowest <= value < highest and (value > lowest or isinstance(value, int))]


COUNTS_IN = {
    "flood_fill_use_mac_": ("MAC", "both", "by scales", "seeds"),
    "flood_fill_mac_": ("both", "seeds"),
    "flood_fill_smooth": ("both",),
    "flood_fill_diffuse": ("both",),
    "flood_fill_false": ("by S/N",),
    "flood_fill_fading": (),
    "flood_fill_pixel": ("both",),
    "flood_fill_positive": ("by S/N", "MAC", "by scales"),
    "grow_low_snr_island_": ("by S/N", "by S/N, low beams"),
    "suppress_artefacts": ("by S/N",),
    "beam_shape_erode_rims_smooth": ("both",),
    "beam_shape_erode_rims": ("by S/N",),
    "beam_shape_erode_scales": ("by S/N", "by scales", "MAC"),
    "beam_shape_erode_scale_": ("by scales",),
    "beam_shape_erode": ("by S/N", "by scales"),
    "base_snr": ("clip",),
    "extract": ("extract-beam",),
    "noise_": ("noise", "by S/N", "extract-beam"),
}
"""In which of these commands options count, by how their names begin; of several the first."""


def of_options() -> Iterator[Case]:
    """Extreme values of each option, on images of two sizes."""
    for name, declared in declarations(MaskingOptions).items():
        flag = short_flag(MaskingOptions, name)
        for base in next((bases for start, bases in COUNTS_IN.items() if name.startswith(start)), ()):
            words = BASES[base]
            if words.split()[0] not in declared.steps:
                continue
            for value in values_of(name):
                given = f"{words} {flag} {value:g}" if isinstance(value, float) else f"{words} {flag} {value}"
                yield from (Case(flag, str(value)[:40], image, given) for image in ("sq", "big"))


PRESETS = ("early-round", "late-round", "compact", "diffuse", "auto")
OF_IMAGES = {
    "noise": "noise {image}",
    "signal": "signal {image} --rms {rms}",
    "snr-mask": "snr-mask {image} --rms {rms}",
    "seeds, both": "snr-mask {image} --rms {rms} --seeds --statistic both",
    "flood": "flood {image} --rms {rms}",
    "flood, MAC": f"flood {{image}} {MAC}",
    "erode": "erode {mask} --scales 0,8,32,128",
    "erode, rims": "erode {mask} --rims --keep-cores --no-erode-edge --signal {image}",
    "scale-mask": "scale-mask {image} --scales 0,8,64 --seed-clip 1.5 --flood-clip 1.2",
    "extract-beam": "extract-beam {image} {mask}",
    "extract-beam, union": "extract-beam {image} {mask} --union --smoothed-clip 2",
    **{f"mask, {preset}": f"mask {{image}} --preset {preset}" for preset in PRESETS},
    "mosaic": "mosaic {image} {image2} --primary-beam-fwhm 0.3deg -o mosaic.fits",
    "mosaic, noise": "mosaic {image} {image2} --noise-weights --primary-beam-fwhm 0.3deg -o mosaic.fits",
    "plot": "plot {image} {mask} -o plot.png",
    "plot, pdf, zoom": "plot {image} {mask} -o plot.pdf --zoom 60,-45,100",
    "plot, steps": "plot {image} -o plot.png --steps",
    "stats": "stats {mask} --image {image} -o a.ecsv -o a.reg -o a.json --all",
    "edit, dilate": "edit {mask} -o e.fits --dilate 1000 --erode 1000 --fill-holes --min-size 3",
    "edit, snr": "edit {mask} -o e.fits --image {image} --min-snr 3",
    "edit, reproject": "edit {mask} -o e.fits --union {mask2} --reproject",
    "edit, regions": "edit {mask} -o e.fits --add-regions some.reg --remove-regions few.reg",
    "regions": "regions some.reg {image} -o r.fits",
    "check": "check {mask} --image {image}",
    "export, ddfacet": "export {mask} --to ddfacet --npix 100000 -o x.fits",
    "export, casa": "export {mask} --to casa -o x.im",
    "export, wsclean": "export {mask} --to wsclean -o x.fits --float32",
    "check-clean": "check-clean {mask} --image {image} --model {image2} --spill 1000000000",
    "check-clean, spill": "check-clean {mask} --image {image} --model {image2} --spill 300",
    "info": "info {mask}",
    "split-scales": "split-scales {scales}",
    "edit, scales": "edit {scales} -o e.fits --dilate 3 --drop 1",
    "check, scales": "check {scales}",
    "plot, scales": "plot {image} {scales} -o plot.png",
    "stats, scales": "stats {scales} --image {image}",
}
"""Each subcommand, on images of every shape and beam."""
BEAMS = {"beam0.1": 0.1, "beam60": 60, "beam180": 180, "beam900": 900}
SHAPES = ("sq", "big", "wide", "high", "wide7", "cube", "planes")
OTHERS = (
    Case("--beams", "1000000", "sq", "simulate d --beams 1000000"),
    Case("--rounds", "1000000", "sq", "simulate d --rounds 1000000"),
    Case("--size", "1000000", "sq", "simulate d --size 1000000"),
    Case("--size", "4096", "sq", "simulate d --size 4096 --beams 1 --rounds 1"),
    Case("--beams", "100", "sq", "simulate d --size 64 --beams 100 --rounds 100"),
    Case("--planes", "1-999999999", "cube", "mask {image} --planes 1-999999999"),
    Case("--planes", "1-", "planes", "mask {image} --planes 1-"),
    Case("--planes", "0-9 x 1e5", "cube", "noise {image} --planes " + ",".join(["0-9"] * 20000)),
    Case("--planes", "1-10^20", "cube", "noise {image} --planes 1-100000000000000000000"),
    Case("--union", "", "planes", "mask {image} --union"),
    Case("--match", "1e6 rows", "sq", "stats {mask} --image {image} --match sources.csv"),
    Case("--match-radius", "1e9", "sq", "stats {mask} --image {image} --match few.csv --match-radius 179deg"),
    Case("--match", "mask", "big", "stats {mask} --image {image} --match {mask}"),
    Case("REGIONS", "1e6 vertices", "sq", "regions vertices.reg {image} -o r.fits"),
    Case("REGIONS", "1e6 vertices", "big", "regions vertices.reg {image} -o r.fits"),
    Case("REGIONS", "1e6 vertices", "big", "edit {mask} --add-regions vertices.reg -o r.fits"),
    Case("REGIONS", "1e5 lines", "sq", "regions lines.reg {image} -o r.fits"),
    Case("REGIONS", "1e5 lines", "big", "edit {mask} --add-regions lines.reg -o r.fits"),
    Case("REGIONS", "1e12", "sq", "regions huge.reg {image} -o r.fits"),
    Case("REGIONS", "1e12", "big", "plot {image} -o p.png --region huge.reg"),
    Case("REGIONS", "1e6 vertices", "big", "plot {image} -o p.png --region vertices.reg"),
    Case("IMAGE", "100 deg apart", "sq", "mosaic {image} far.fits --primary-beam-fwhm 1deg -o m.fits"),
    Case("IMAGE", "20 deg apart", "sq", "mosaic {image} near.fits --primary-beam-fwhm 1deg -o m.fits"),
    Case("IMAGE", "5 deg apart", "sq", "mosaic {image} nearer.fits --primary-beam-fwhm 1deg -o m.fits"),
    Case("IMAGE", "tiny cells", "sq", "mosaic tiny.fits {image} --primary-beam-fwhm 1deg -o m.fits"),
    Case("IMAGE", "60 images", "sq", "mosaic " + "{image} " * 60 + "--primary-beam-fwhm 1deg -o m.fits"),
    Case("--like", "tiny cells", "sq", "mosaic {image} --like tiny.fits --primary-beam-fwhm 1deg -o m.fits"),
    Case("MOSAIC_MASK", "tiny cells", "sq", "extract-beam {image} tiny.fits"),
    Case("MOSAIC_MASK", "tiny cells", "sq", "extract-beam {image} tinymask.fits --union"),
    Case("MOSAIC_MASK", "wide cells", "sq", "extract-beam tiny.fits {mask} --union"),
    Case("--blank-border", "1e9", "big", "extract-beam {image} {mask} --blank-border 1000000000"),
    Case("--npix", "1e9", "sq", "export {mask} --to ddfacet --npix 1000000000 -o x.fits"),
    Case("--npix", "30000", "sq", "export {mask} --to ddfacet --npix 30000 -o x.fits"),
    Case("--channels", "1e9", "sq", "check {mask} --image {image} --channels 1000000000"),
    Case("--size", "1e9", "sq", "check {mask} --size 1000000000 1000000000 --scale 2asec"),
    Case("--rows", "1e9", "big", "stats {noise_mask} --image {image} --rows 1000000000 -o a.reg -o a.ecsv"),
    Case("islands", "1e6", "big", "edit {noise_mask} -o e.fits --min-size 2"),
    Case("islands", "1e6", "big", "plot {image} {noise_mask} -o p.png"),
    Case("islands", "1e6", "big", "plot {image} {noise_mask} -o p.pdf"),
    Case("islands", "1e6", "big", "check {noise_mask} --image {image}"),
    Case("islands", "1e6", "big", "info {noise_mask}"),
    Case("islands", "1e6", "big", "stats {noise_mask} --image {image} --match {noise_mask}"),
    Case("ISLANDS", "1-999999999", "big", "edit {mask} -o e.fits --drop 1-999999999"),
    Case("ISLANDS", "1e6 ranges", "big", "edit {mask} -o e.fits --keep " + ",".join(["1-9"] * 20000)),
    Case("31 scales", "", "big", "edit {scales} -o e.fits --min-size 2"),
    Case("31 scales", "", "big", "edit {scales} -o e.fits --dilate 1 --erode 1 --fill-holes --min-size 2"),
    Case("31 scales", "", "big", "edit {scales} -o e.fits --union {scales}"),
    Case("31 scales", "", "big", "edit {scales} -o e.fits --add-regions some.reg --remove-regions few.reg"),
    Case("ny x nx", "8 bytes a pixel", "big8", "noise {image}"),
    Case("ny x nx", "8 bytes a pixel", "big8", "mask {image}"),
    Case("ny x nx", "scaled", "wide8", "noise {image}"),
    Case("ny x nx", "gzip", "gz", "mask {image}"),
    Case("ny x nx", "tiles, whole rows", "rice", "mask {image}"),
    Case("ny x nx", "one tile", "onetile", "mask {image}"),
    Case("field", "rounds: 100000000", "sq", "run rounds.yaml --dry-run"),
    Case("field", "beams: 0-99999999", "sq", "run beams.yaml --dry-run"),
    Case("field", "beams: 0-9999", "sq", "run beams4.yaml --dry-run"),
    Case("field", "rounds: 100000000", "sq", "summary rounds.yaml"),
    Case("field", "beams: 0-99999999", "sq", "report beams.yaml"),
)


def header_of(shape: Sequence[int], beam: float, *, cell: float = CELL, ra: float = 60.0) -> fits.Header:
    """Header of an image whose beam has so many pixels."""
    ny, nx = shape[-2:]
    header = fits.Header()
    header["BUNIT"] = "Jy/beam"
    for axis, (kind, at, value, step) in enumerate(
        [
            ("RA---SIN", (nx + 1) / 2, ra, -cell),
            ("DEC--SIN", (ny + 1) / 2, -45.0, cell),
            *([("FREQ", 1.0, 1e9, 1e6)] if len(shape) > 2 else []),
        ],
        start=1,
    ):
        header[f"CTYPE{axis}"], header[f"CRPIX{axis}"] = kind, at
        header[f"CRVAL{axis}"], header[f"CDELT{axis}"] = value, step
        header[f"CUNIT{axis}"] = "Hz" if kind == "FREQ" else "deg"
    header["BMAJ"], header["BMIN"], header["BPA"] = beam * cell, beam * cell * 0.9, 20.0
    return header


def sky(shape: tuple[int, ...], seed: int = 1) -> np.ndarray:
    """Noise with bright sources, negative rings round them, and a plateau."""
    random = np.random.default_rng(seed)
    image = random.normal(scale=1e-4, size=shape).astype(np.float32)
    ny, nx = shape[-2:]
    y, x = np.mgrid[-20:21, -20:21]
    radius = np.hypot(y, x)
    source = 0.05 * np.exp(-(radius**2) / 8) - 0.003 * (np.abs(radius - 15) < 2)
    if min(ny, nx) > 200:
        for _ in range(ny * nx // 20000):
            at = random.integers(21, ny - 21), random.integers(21, nx - 21)
            image[..., at[0] - 20 : at[0] + 21, at[1] - 20 : at[1] + 21] += source
        image[..., ny // 2 : ny // 2 + 90, nx // 3 : nx // 3 + 120] += 5e-4
    else:
        image.reshape(-1)[::1000] += 0.01
    return image


def write_set(name: str, image: np.ndarray, beam: float, directory: Path) -> None:
    """Write an image with its noise map and masks."""
    header = header_of(image.shape, beam)
    fits.writeto(directory / f"{name}.fits", image, header)
    os.link(directory / f"{name}.fits", directory / f"2-{name}.fits")
    fits.writeto(directory / f"rms-{name}.fits", np.full_like(image, 1e-4), header)
    mask = header.copy()
    del mask["BUNIT"]
    fits.writeto(directory / f"mask-{name}.fits", (image > 3e-4).astype(np.uint8), mask)
    os.link(directory / f"mask-{name}.fits", directory / f"mask2-{name}.fits")
    fits.writeto(directory / f"noise-{name}.fits", (image > 1.5e-4).astype(np.uint8), mask)
    bits = np.where(image > 3e-4, 2**31 - 1, np.where(image > 2e-4, 2**9 - 1, 0)).astype(np.int32)
    mask.update(scale_facts(tuple(n * 8 for n in range(31))))
    fits.writeto(directory / f"scales-{name}.fits", bits, mask)


def make_inputs(directory: Path) -> None:
    """Write all that the commands read."""
    sq, big = sky((512, 512)), sky((3000, 3000))
    write_set("sq", sq, 5, directory)
    write_set("big", big, 5, directory)
    for name, beam in BEAMS.items():
        write_set(f"sq-{name}", sq, beam, directory)
        write_set(f"big-{name}", big, beam, directory)
    write_set("wide", sky((1, 30_000_000)), 5, directory)
    write_set("high", sky((30_000_000, 1)), 5, directory)
    write_set("wide7", sky((7, 3_000_000)), 5, directory)
    write_set("cube", sky((20, 600, 600)), 5, directory)
    write_set("planes", sky((400, 64, 64)), 5, directory)
    header = header_of(big.shape, 5)
    fits.writeto(directory / "big8.fits", big.astype(np.float64), header)
    fits.writeto(directory / "wide8.fits", sky((1, 10_000_000)).astype(np.float64), header_of((1, 10**7), 5))
    fits.writeto(directory / "gz.fits.gz", big, header)
    (directory / "gz.fits.gz").rename(directory / "gz.fits")
    fits.CompImageHDU(big, header, compression_type="RICE_1").writeto(directory / "rice.fits")
    one = fits.CompImageHDU(big, header, compression_type="GZIP_1", tile_shape=big.shape)
    one.writeto(directory / "onetile.fits")
    for name, ra in (("far", 160.0), ("near", 80.0), ("nearer", 65.0)):
        fits.writeto(directory / f"{name}.fits", sq, header_of(sq.shape, 5, ra=ra))
    fits.writeto(directory / "tiny.fits", sq, header_of(sq.shape, 5, cell=CELL / 1000))
    tiny = header_of(sq.shape, 5, cell=CELL / 1000)
    fits.writeto(directory / "tinymask.fits", (sq > 3e-4).astype(np.uint8), tiny)
    random = np.random.default_rng(2)
    angle = np.sort(random.uniform(0, 2 * np.pi, 10**6))
    across = 0.1 * random.uniform(0.5, 1, angle.size)
    points = np.column_stack([60 + across * np.cos(angle), -45 + across * np.sin(angle)])
    (directory / "vertices.reg").write_text(f"fk5\npolygon({','.join(f'{v:.7f}' for v in points.ravel())})\n")
    lines = "".join(f'circle({x:.6f},{y:.6f},{60}")\n' for x, y in points[:: points.shape[0] // 100_000])
    (directory / "lines.reg").write_text(f"fk5\n{lines}")
    (directory / "huge.reg").write_text(
        "image\ncircle(10,10,1e12)\nbox(10,10,1e12,1e12,30)\nellipse(1,1,1e12,1e12,1)\n"
        'polygon(1,1,1e12,1,1e12,1e12)\nannulus(1,1,1e11,1e12)\nfk5\ncircle(60,-45,1e12")\n'
    )
    (directory / "some.reg").write_text('fk5\ncircle(60,-45,600")\nbox(60,-45,3000",3000",30)\n')
    (directory / "few.reg").write_text('fk5\ncircle(60,-45,20")\n')
    places = np.column_stack([60 + random.uniform(-0.3, 0.3, 10**6), -45 + random.uniform(-0.2, 0.2, 10**6)])
    np.savetxt(directory / "sources.csv", places, "%.6f", ",", header="ra,dec", comments="")
    np.savetxt(directory / "few.csv", places[:1000], "%.6f", ",", header="ra,dec", comments="")
    keys = "field: f\nimages: 'b{beam}.r{round}.fits'\nsource: beam\noutput: out\n"
    (directory / "rounds.yaml").write_text(f'{keys}rounds: 100000000\nbeams: "0-1"\n')
    (directory / "beams.yaml").write_text(f'{keys}rounds: 2\nbeams: "0-99999999"\n')
    (directory / "beams4.yaml").write_text(f'{keys}rounds: 2\nbeams: "0-9999"\n')


def all_cases() -> Iterator[Case]:
    """Every command: beams and shapes of images, then what is beside them, then options."""
    yield from OTHERS
    for name, words in OF_IMAGES.items():
        if words.split()[0] in (
            "mask",
            "noise",
            "snr-mask",
            "flood",
            "erode",
            "scale-mask",
            "extract-beam",
            "stats",
            "plot",
            "mosaic",
        ):
            for beam in BEAMS:
                yield from (Case(name, beam, f"{size}-{beam}", words) for size in ("sq", "big"))
    yield from of_options()
    for name, words in OF_IMAGES.items():
        for shape in SHAPES:
            yield Case(name, "", shape, words)
