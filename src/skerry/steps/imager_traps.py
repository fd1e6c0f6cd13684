"""The traps that imagers have for masks, a row each: what is looked for, what each imager makes of it, what to do.

Each was seen with the program, of the version that docs/imagers.md names, where each has a row of the same name. A trap
that is found later is a row here, a row there, and a test (tests/steps/test_imager_traps.py).
"""

from __future__ import annotations

from skerry.steps import found_in_headers as header
from skerry.steps import found_in_pixels as pixels
from skerry.steps.traps import Grade, Trap

__all__ = ["FILE_TRAPS", "HEADER_TRAPS", "PIXEL_TRAPS", "TRAPS"]


_SAYS_CLEAN = {"wsclean": "WSClean takes that for 'clean here'", "ddfacet": "DDFacet takes that for 'clean here'"}
_INFINITE = {**_SAYS_CLEAN, "casa": "tclean takes that for 'clean here'"}
_ANY_NON_ZERO = {
    "wsclean": "WSClean cleans wherever a pixel is not zero",
    "ddfacet": "DDFacet cleans wherever a pixel is not zero",
}
_SHEARED = (
    "DDFacet reads it by its flat index, sheared over the image, and ends with status 0 (with WSCMS it stops after the "
    "dirty image)"
)
_WEIGHTS = "pfb kclean takes values for weights, makes an empty model and ends with status 0"
_EMPTY_MASK = "tclean makes an empty mask of it, cleans nothing, and ends without an error (stopcode 7)"
_NO_SPECTRUM = "tclean stops, for it finds no spectral coordinate"
_EXPORT = "'skerry export MASK --to casa --like NAME.image -o OUT' puts it onto tclean's own grid"
_CUT = "'skerry export MASK --to ddfacet --like IMAGE -o OUT.fits' makes one that fits"
_RESAMPLE = "resample it with 'skerry extract-beam'"
_UNION = "give one plane, the union, as of 'skerry export MASK --to {} --union -o OUT.fits'"
_ONE_PLANE = "give one plane, or one for each channel, on an axis of frequency"

_OF_FILES = (
    Trap(
        "casa-image",
        header.casa_images,
        {
            "wsclean": "WSClean reads FITS files only (-casa-mask cannot be used as it is packaged)",
            "ddfacet": "DDFacet reads FITS files only",
            "pfb": "pfb kclean reads FITS files only",
        },
    ),
    Trap("file-name", header.file_names, {"wsclean": "WSClean cannot open such a file"}, "rename it"),
    Trap(
        "extension",
        header.stored_as("extension", "its image is in an extension"),
        {"wsclean": "WSClean reads the primary HDU only"},
        "write it there",
    ),
    Trap(
        "compressed",
        header.stored_as("compressed", "is tile-compressed"),
        {"wsclean": "WSClean reads no such file"},
        "unpack it with funpack, or compress it with gzip",
    ),
    Trap(
        "several-hdus",
        header.number_of_hdus,
        {"ddfacet": "DDFacet stops, for it takes a single one"},
        "write the mask alone, into the primary HDU",
    ),
    Trap("scaled", header.scaled_pixels, {"wsclean": "WSClean rejects that"}, "write them as uint8"),
    Trap("int64", header.int64, {"casa": "CASA's importfits cannot open it"}, "write them as uint8", by_import=True),
)
_OF_KEYWORDS = (
    Trap(
        "projection",
        header.projections,
        {"wsclean": "WSClean rejects any but RA---SIN and DEC--SIN"},
        _RESAMPLE,
        excused=True,
    ),
    Trap(
        "unit", header.units_of_axes, {"wsclean": "WSClean rejects any but 'deg'"}, "write it in degrees", excused=True
    ),
    Trap("equinox", header.equinoxes, {"wsclean": "WSClean rejects any but 2000"}, _RESAMPLE, excused=True),
    Trap("axis", header.axes, {"wsclean": "WSClean rejects it"}, excused=True),
    Trap("date", header.dates, {"wsclean": "WSClean rejects it"}, "write it as 2026-11-29T12:00:00, or take it out"),
    Trap("gls", header.gls_projections, {"casa": "CASA's importfits rejects it"}, _RESAMPLE, by_import=True),
    Trap(
        "two-axes",
        header.number_of_axes(2),
        {"casa": _NO_SPECTRUM},
        _EXPORT,
        by_import=True,
    ),
    Trap(
        "three-axes",
        header.number_of_axes(3),
        {"casa": _EMPTY_MASK},
        _EXPORT,
        by_import=True,
    ),
    Trap("not-four-axes", header.number_of_axes(4, other=True), {"ddfacet": "DDFacet stops, for it wants 4"}, _CUT),
    Trap(
        "no-frequency",
        header.without_frequency,
        {"casa": _NO_SPECTRUM},
        _EXPORT,
        by_import=True,
    ),
    Trap(
        "observatory",
        header.spectral_frames,
        {"casa": "tclean stops ('Cannot find observatory')"},
        f"{_EXPORT}; or write the name of a telescope that CASA knows into TELESCOP",
        by_import=True,
    ),
    Trap(
        "axes-order",
        header.cubes_by_frequency,
        {"casa": _EMPTY_MASK},
        _EXPORT,
        by_import=True,
    ),
    Trap(
        "frequencies",
        header.channel_frequencies,
        {"casa": "tclean may lose the first one, where a frequency differs from the image's in its 13th digit"},
        _EXPORT,
        Grade.WARNING,
        by_import=True,
    ),
    Trap(
        "planes",
        header.planes,
        {"wsclean": "WSClean rejects it, or uses the first"},
        _ONE_PLANE,
    ),
    Trap(
        "not-its-channels",
        header.channels_of_tclean,
        {"casa": _EMPTY_MASK},
        "give one plane, which serves all channels, or one for each",
    ),
    Trap(
        "polarisations",
        header.several_polarisations,
        {"ddfacet": "DDFacet stops, for it takes axis 3 for polarisations"},
        "give one plane",
    ),
    Trap(
        "fits",
        header.any_file,
        {"casa": f"{_EMPTY_MASK}: it takes that for a file of regions"},
        _EXPORT,
        Grade.NOTE,
        by_import=True,
    ),
    Trap(
        "bool",
        header.any_file,
        {"astroviper": "astroviper's Hogbom takes bool only"},
        "open it with xradio and give .astype(bool)",
        Grade.NOTE,
    ),
)
_OF_GRIDS = (
    Trap(
        "size",
        header.sizes,
        {
            "wsclean": "WSClean rejects it",
            "casa": "tclean regrids it, by which each island grows by a row and a column",
            "ddfacet": _SHEARED,
            "pfb": "pfb kclean stops",
        },
    ),
    Trap(
        "ddfacet-size",
        header.ddfacet_sizes,
        {"ddfacet": _SHEARED},
        _CUT,
    ),
    Trap(
        "place",
        header.places,
        {
            "wsclean": "WSClean never looks at the WCS and would clean elsewhere than meant",
            "casa": "tclean regrids it, by which each island grows by a pixel, or is lost",
            "ddfacet": "DDFacet never looks at the WCS and would clean elsewhere than meant",
            "pfb": "pfb kclean never looks at the WCS and would clean elsewhere than meant",
        },
    ),
    Trap(
        "small-shift",
        header.small_shifts,
        {"casa": "tclean regrids it, by which each island grows by a pixel"},
        _EXPORT,
        by_import=True,
    ),
)
_OF_VALUES = (
    Trap("nan", pixels.without_values, {**_SAYS_CLEAN, "pfb": _WEIGHTS}, "write 0 there"),
    Trap("infinite", pixels.infinite_pixels, {**_INFINITE, "pfb": _WEIGHTS}, "write 0 there"),
    Trap("negative", pixels.negative_pixels, {**_ANY_NON_ZERO, "pfb": _WEIGHTS}, "write 0 or 1 there"),
    Trap(
        "values",
        pixels.other_values,
        {**_ANY_NON_ZERO, "casa": "tclean cleans wherever a pixel is above 0", "pfb": _WEIGHTS},
    ),
    Trap(
        "empty",
        pixels.emptiness,
        {
            "wsclean": "WSClean would clean nothing there and make an empty model without a word",
            "casa": "tclean would clean nothing there and make an empty model without an error (stopcode 7)",
        },
    ),
    Trap(
        "empty-anyway",
        pixels.nothing_masked,
        {"ddfacet": "DDFacet stops at an empty mask", "pfb": "pfb kclean stops at an empty mask"},
        "image without a mask, or lower its clips",
    ),
    Trap(
        "full",
        pixels.fullness,
        {
            "wsclean": "WSClean may put components anywhere",
            "casa": "tclean may put components anywhere",
            "ddfacet": "DDFacet may put components anywhere",
            "pfb": "pfb kclean may put components anywhere",
        },
        "write 0 where it may not",
    ),
    Trap(
        "union",
        pixels.scale_masks,
        {
            "wsclean": "WSClean reads the union of its bits, so any scale may be cleaned wherever one may",
            "casa": "tclean reads the union of its bits, so any scale may be cleaned wherever one may",
            "ddfacet": "DDFacet reads the union of its bits, so any scale may be cleaned wherever one may",
        },
        "for a mask of one scale use 'skerry split-scales'",
        Grade.WARNING,
    ),
    Trap("weights", pixels.scale_masks, {"pfb": _WEIGHTS}, "give the plain mask"),
)
_OF_SCALES = (
    Trap(
        "eroded",
        header.single_scales(multiscale=True),
        {"casa": "tclean's multiscale erodes by itself, so it leaves that scale out, or makes an empty model"},
        "give the plain mask",
    ),
    Trap(
        "eroded-perhaps",
        header.single_scales(multiscale=False),
        {"casa": "tclean's multiscale, which erodes by itself, would leave that scale out, or make an empty model"},
        "for deconvolver='multiscale' give the plain mask",
        Grade.WARNING,
    ),
)
_OF_CHANNELS = (
    Trap(
        "joined",
        pixels.joined_planes,
        {"wsclean": "with -join-channels WSClean uses the first one for every channel"},
        _UNION.format("wsclean"),
    ),
    Trap(
        "before-3.3",
        pixels.apart_planes(certain=True),
        {"wsclean": "WSClean before 3.3 uses the first plane for every channel"},
        _UNION.format("wsclean"),
    ),
    Trap(
        "perhaps-before-3.3",
        pixels.apart_planes(certain=False),
        {"wsclean": "WSClean before 3.3, and any with -join-channels, uses the first plane for every channel"},
        _UNION.format("wsclean") + ", or say `imager_version`",
        Grade.WARNING,
    ),
    Trap(
        "falling",
        pixels.falling_planes,
        {"wsclean": "WSClean uses the first one for the channel of the lowest frequency"},
        "turn their order, or " + _UNION.format("wsclean"),
    ),
    Trap(
        "first-plane",
        pixels.unread_planes,
        {"ddfacet": "DDFacet uses the first one for every channel"},
        _UNION.format("ddfacet"),
    ),
)

FILE_TRAPS = (*_OF_FILES, *_OF_KEYWORDS)
HEADER_TRAPS = (*FILE_TRAPS, *_OF_GRIDS)
PIXEL_TRAPS = (*_OF_VALUES, *_OF_SCALES, *_OF_CHANNELS)
TRAPS = (*HEADER_TRAPS, *PIXEL_TRAPS)
