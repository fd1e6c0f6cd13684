"""FITS files with something wrong in their cards, their pixels or their order, made of right ones."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from random import Random

import numpy as np
from astropy.io import fits

__all__ = ["BASES", "bad_fits", "card", "right_files"]

BLOCK, CARD = 2880, 80
SIZE = 24
_DEG = 1 / 3600
NUMBERS = (
    *("0", "1", "-1", "-0.0", "3", "8", "64", "-8", "0.5", "90", "-90.5", "360", "1E15", "9E14", "-1E14", "1.0D0"),
    *("1E200", "1E-160", "-1E300", "1E400", "1D5", "1.0D400", "2147483648", "99999999999999999999", "1E30", "1E-30"),
    *("nan", "inf", "-Infinity", "+.5", "1.", ".E5", "1,5", "0x10", "1_000", "(1,2)", "(1.0, -2.0)", "24", "23", "12"),
)
TEXTS = (
    *("'x'", "''", "' '", "'''", "'It''s'", "'RA---SIN'", "'DEC--SIN'", "'RA---XXX'", "'GLON-CAR'", "'GLAT-CAR'"),
    *(
        "'RA---NCP'",
        "'DEC--NCP'",
        "'RA---TAN-SIP'",
        "'ELON-TAN'",
        "'STOKES'",
        "'FREQ'",
        "'JY/BEAM'",
        "'Jy/beam'",
        "'K'",
    ),
    *(
        "'JY/BEAM",
        "'deg'",
        "'arcsec'",
        "'DEGREES'",
        "'rad'",
        "'sigma'",
        "''''",
        "'" + "long " * 13 + "&'",
        "'\xe9\xff'",
    ),
    *("'FK4'", "'FK5'", "'ICRS'", "'GALACTIC'", "'J2000'", "'UTC'", "'2020-13-45T99:00:00'", "'BEAMS'", "'RICE_1'"),
)
ODD = ("T", "F", "", "=", "/", "1 / c", "T T", "\x00\x01", "\t", "\x1b[31m", "None", "&", "'a' 'b'", "~", "`rms`")
AXES = ("CTYPE", "CRPIX", "CRVAL", "CDELT", "CUNIT", "CROTA", "NAXIS")
KEYWORDS = (
    *("BUNIT", "BMAJ", "BMIN", "BPA", "EQUINOX", "EPOCH", "RADESYS", "RADECSYS", "LONPOLE", "LATPOLE", "CASAMBM"),
    *("PC1_1", "PC1_2", "PC2_1", "PC2_2", "PC01_01", "CD1_1", "CD1_2", "CD2_1", "CD2_2", "PV2_1", "PV2_2", "PV1_1"),
    *("A_ORDER", "B_ORDER", "A_2_0", "B_0_2", "AP_ORDER", "WCSAXES", "WCSNAME", "CRDER1", "VELREF", "RESTFRQ"),
    *("BSCALE", "BZERO", "BLANK", "BITPIX", "NAXIS", "SIMPLE", "EXTEND", "GROUPS", "PCOUNT", "GCOUNT", "XTENSION"),
    *("EXTNAME", "EXTVER", "INHERIT", "CHECKSUM", "DATASUM", "ZIMAGE", "ZCMPTYPE", "ZBITPIX", "ZNAXIS", "ZTILE1"),
    *("TFIELDS", "TFORM1", "TTYPE1", "TDIM1", "TNULL1", "TUNIT1", "TSCAL1", "THEAP", "NCHAN", "NPOL"),
    *("DATE-OBS", "MJD-OBS", "SPECSYS", "TELESCOP", "OBJECT", "ORIGIN", "TIMESYS", "OBSGEO-X", "DATE", "HISTORY"),
    *("SKSEED", "SKFLOOR", "SKNEG", "SKSCALE", "SKNSCALE", "SKBIT0", "SKBIT1", "SKCMD", "SKVERS", "SKWARN"),
    *("COMMENT", "CONTINUE", "HIERARCH", "END", "", "x", "bmaj", "B MAJ", "BMAJ1", "\xe9", "\x07", "A" * 8),
    *(f"{name}{axis}" for name in AXES for axis in (1, 2, 3, 4)),
    *("NAXIS5", "CTYPE99", "NAXIS999", "CDELT0", "CTYPE1A", "CRVAL2Z"),
)
HISTORIES = (
    "AIPS   CLEAN BMAJ=  2.5000E-03 BMIN=  2.0000E-03 BPA=  10.00",
    "AIPS   CLEAN BMAJ=  1E999 BMIN=  -1 BPA=  1D",
    "AIPS   CLEAN BMAJ=  0 BMIN=  0 BPA=  0",
    "restoration: 8.0 by 7.0 (arcsec) at pa 0.0 (deg)",
    "restoration: 1E-300 by 1E300 (arcsec) at pa 1E300 (deg)",
    "skerry 0.1.0 mask",
    "skerry x mask",
    "  flood_fill = yes",
    "  base_snr_clip = 1E400",
    "  beam_shape_erode_scales = (0, x)",
    "  input \\xzz.fits  (as rms, made by noise)",
    "sha256:" + "0" * 64,
    "  warning: `rms`: \\",
    ">",
    "\x1b[2J",
)


def card(keyword: str, value: str) -> bytes:
    """A card of a keyword and a value as it is written, cut to its length."""
    middle = "  " if keyword in ("HISTORY", "COMMENT", "CONTINUE", "") else "= "
    text = f"HIERARCH {value}" if keyword == "HIERARCH" else f"{keyword:8}{middle}{value}"
    return text.encode("latin-1", "replace")[:CARD].ljust(CARD)


@dataclass(frozen=True)
class Hdu:
    """A header's cards, without END, and the bytes of the data behind it."""

    cards: list[bytes]
    data: bytes


def _parts(content: bytes) -> list[Hdu]:
    """HDUs of a right file."""
    with fits.open(io.BytesIO(content), disable_image_compression=True) as hdus:
        places = [hdu.fileinfo() for hdu in hdus]
    made = []
    for place in places:
        head = content[place["hdrLoc"] : place["datLoc"]]
        cards = [head[at : at + CARD] for at in range(0, len(head), CARD)]
        made.append(Hdu(cards[: cards.index(b"END".ljust(CARD))], content[place["datLoc"] :][: place["datSpan"]]))
    return made


def _header(unit: str | None = "Jy/beam", beam: bool = True, axes: int = 2) -> fits.Header:
    header = fits.Header()
    celestial = (("RA---SIN", 60.0, -2 * _DEG, "deg"), ("DEC--SIN", -45.0, 2 * _DEG, "deg"))
    others = (("FREQ", 1.4e9, 1e6, "Hz"), ("STOKES", 1.0, 1.0, ""))
    for n, (kind, value, step, cunit) in enumerate((*celestial, *others)[:axes], 1):
        header[f"CTYPE{n}"], header[f"CRVAL{n}"], header[f"CDELT{n}"], header[f"CUNIT{n}"] = kind, value, step, cunit
        header[f"CRPIX{n}"] = SIZE // 2 + 1.0 if n < 3 else 1.0
    if beam:
        header["BMAJ"], header["BMIN"], header["BPA"] = 8 * _DEG, 6 * _DEG, 20.0
    if unit is not None:
        header["BUNIT"] = unit
    header["EQUINOX"], header["OBJECT"] = 2000.0, "It's a field"
    return header


def _pixels() -> np.ndarray:
    rng = np.random.default_rng(1)
    image = rng.normal(0, 1e-4, (SIZE, SIZE)).astype("f4")
    image[10:14, 9:12] += 5e-3
    image[18, 4] += 2e-3
    image[:3, :5] = np.nan
    return image


@cache
def right_files() -> dict[str, bytes]:
    """Right files of every kind, by name."""
    image = _pixels()
    mask = (np.nan_to_num(image) > 5e-4).astype("u1")
    scaled = np.round(np.nan_to_num(image) / 1e-6).astype("i2")
    made = {
        "ok": fits.PrimaryHDU(image, _header()),
        "rms": fits.PrimaryHDU(np.full_like(image, 1e-4), _header()),
        "bkg": fits.PrimaryHDU(np.zeros_like(image), _header()),
        "signal": fits.PrimaryHDU(image / np.float32(1e-4), _header("sigma")),
        "mask": fits.PrimaryHDU(mask, _header(None)),
        "double": fits.PrimaryHDU(image.astype("f8")[None, None], _header(axes=4)),
        "cube": fits.PrimaryHDU(np.stack([image, 2 * image]), _header(axes=3)),
        "first": fits.PrimaryHDU(np.ascontiguousarray(np.stack([image] * 2, axis=-1)), _sky_last()),
    }
    short = fits.PrimaryHDU(scaled, _header())
    short.header["BSCALE"], short.header["BZERO"], short.header["BLANK"] = 1e-6, 0.0, -32768
    bits = fits.PrimaryHDU((mask + 2 * (image > 1e-4)).astype("i2"), _header(None))
    bits.header["SKNSCALE"], bits.header["SKBIT0"], bits.header["SKBIT1"] = 2, 0, 8
    beams = fits.PrimaryHDU(np.stack([image, image]), _header(beam=False, axes=3))
    beams.header["CASAMBM"] = True
    columns = [fits.Column(name, "1E", "arcsec", array=[8.0, 7.0]) for name in ("BMAJ", "BMIN")]
    columns += [fits.Column(name, "1J", array=[0, 1]) for name in ("BPA", "CHAN", "POL")]
    lists = {name: [hdu] for name, hdu in made.items()} | {"short": [short], "bits": [bits]}
    lists["beams"] = [beams, fits.BinTableHDU.from_columns(columns, name="BEAMS")]
    lists["extension"] = [fits.PrimaryHDU(), fits.ImageHDU(image, _header(), name="SCI")]
    lists["packed"] = [fits.PrimaryHDU(), fits.CompImageHDU(np.nan_to_num(image), _header(), quantize_level=0)]
    places = [fits.Column("ra", "1D", "deg", array=[60.0]), fits.Column("dec", "1D", "deg", array=[-45.0])]
    lists["table"] = [fits.PrimaryHDU(), fits.BinTableHDU.from_columns(places)]
    return {name: _written(hdus) for name, hdus in lists.items()}


def _sky_last() -> fits.Header:
    header = _header(axes=3)
    for name in ("CTYPE", "CRVAL", "CDELT", "CUNIT", "CRPIX"):
        sky = [header[f"{name}{n}"] for n in (1, 2)]
        header[f"{name}1"], header[f"{name}2"], header[f"{name}3"] = header[f"{name}3"], *sky
    return header


def _written(hdus: list[fits.hdu.base._BaseHDU]) -> bytes:
    file = io.BytesIO()
    fits.HDUList(hdus).writeto(file)
    return file.getvalue()


@cache
def _split() -> dict[str, list[Hdu]]:
    return {name: _parts(content) for name, content in right_files().items()}


BASES = (
    "ok",
    "mask",
    "ok",
    "double",
    "cube",
    "short",
    "bits",
    "beams",
    "extension",
    "packed",
    "table",
    "first",
    "signal",
)


def bad_fits(rng: Random, base: str | None = None) -> bytes:
    """A file in which a few things are wrong, or none."""
    hdus = list(_split()[rng.choice(BASES) if base is None else base])
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 6))):
        at = rng.randrange(len(hdus))
        hdus[at] = replace(hdus[at], cards=_other_cards(rng, hdus[at].cards))
    if rng.random() < 0.35:
        at = rng.randrange(len(hdus))
        hdus[at] = replace(hdus[at], data=_other_data(rng, hdus[at].data))
    if rng.random() < 0.08:
        hdus = [rng.choice(rng.choice(list(_split().values()))) if rng.random() < 0.3 else hdu for hdu in hdus]
        hdus = hdus * rng.randint(0, 2) if rng.random() < 0.5 else hdus[::-1]
    content = b"".join(_bytes_of(hdu, rng) for hdu in hdus)
    if rng.random() < 0.1:
        content = _other_bytes(rng, content)
    return content


def _value(rng: Random) -> str:
    kind = rng.randrange(8)
    if kind < 3:
        return rng.choice(NUMBERS).rjust(20)
    if kind < 5:
        return rng.choice(TEXTS)
    if kind == 5:
        return rng.choice(ODD)
    if kind == 6:
        return f"{rng.choice((-1, 1)) * rng.random() * 10.0 ** rng.randint(-17, 17):20.12G}"
    return "".join(chr(rng.randrange(256)) for _ in range(rng.randint(0, 12)))


def _new_card(rng: Random) -> bytes:
    keyword = rng.choice(KEYWORDS)
    if keyword == "HISTORY":
        return card(keyword, rng.choice(HISTORIES))
    return card(keyword, _value(rng))


def _other_value(rng: Random, cards: list[bytes]) -> list[bytes]:
    at = rng.randrange(len(cards))
    cards[at] = card(cards[at][:8].decode("latin-1").strip(), _value(rng))
    return cards


def _inserted(rng: Random, cards: list[bytes]) -> list[bytes]:
    cards.insert(rng.randint(0, len(cards)), _new_card(rng))
    return cards


def _appended(rng: Random, cards: list[bytes]) -> list[bytes]:
    cards.extend(_new_card(rng) for _ in range(rng.choice((1, 2, 5, 40))))
    return cards


def _left_out(rng: Random, cards: list[bytes]) -> list[bytes]:
    del cards[rng.randrange(len(cards))]
    return cards


def _doubled(rng: Random, cards: list[bytes]) -> list[bytes]:
    cards.insert(rng.randint(0, len(cards)), rng.choice(cards))
    return cards


def _swapped(rng: Random, cards: list[bytes]) -> list[bytes]:
    first, second = rng.randrange(len(cards)), rng.randrange(len(cards))
    cards[first], cards[second] = cards[second], cards[first]
    return cards


def _byte_changed(rng: Random, cards: list[bytes]) -> list[bytes]:
    at, byte = rng.randrange(len(cards)), rng.randrange(CARD)
    cards[at] = cards[at][:byte] + bytes([rng.randrange(256)]) + cards[at][byte + 1 :]
    return cards


def _long_string(rng: Random, cards: list[bytes]) -> list[bytes]:
    keyword = rng.choice(("OBJECT", "BUNIT", "CTYPE1", "CUNIT1", "TELESCOP", "ORIGIN"))
    more = [card("CONTINUE", f"'{'y' * rng.randint(0, 66)}{rng.choice(('&', ''))}'") for _ in range(rng.randint(1, 3))]
    return [*cards, card(keyword, f"'{'x' * 65}&'"), *more]


_CARD_CHANGES: tuple[Callable[[Random, list[bytes]], list[bytes]], ...] = (
    *(_other_value, _other_value, _other_value, _other_value, _inserted, _appended, _appended, _left_out, _left_out),
    *(_doubled, _swapped, _byte_changed, _long_string),
)


def _other_cards(rng: Random, cards: list[bytes]) -> list[bytes]:
    return rng.choice(_CARD_CHANGES)(rng, list(cards)) if cards else [_new_card(rng)]


_WORDS = {
    "nan": ">f4",
    "inf": ">f4",
    "-inf": ">f4",
    "1e-42": ">f4",
    "-3e38": ">f4",
    "0": ">f4",
    "1": ">f4",
    "3e5": ">f4",
}


def _other_data(rng: Random, data: bytes) -> bytes:
    """Pixels of which many have another value, or bytes of which there are more or fewer."""
    kind = rng.randrange(6)
    if kind < 3 and data:
        word = np.array(rng.choice(tuple(_WORDS)), ">f4").tobytes()
        pixels = np.frombuffer(data, "V4").copy()
        first, step = rng.randrange(len(pixels)), rng.choice((1, 1, 2, 7, SIZE))
        stop = rng.choice((len(pixels), first + 1, first + 3 * SIZE))
        pixels[first:stop:step] = np.frombuffer(word, "V4")[0]
        return pixels.tobytes()
    if kind == 3:
        return data[: rng.randint(0, len(data))]
    if kind == 4:
        return data + bytes([rng.randrange(256)]) * rng.choice((1, 80, BLOCK))
    return np.frombuffer(data[: len(data) // 8 * 8], rng.choice(("<f4", "<f8", "<i2"))).byteswap().tobytes()


def _other_bytes(rng: Random, content: bytes) -> bytes:
    kind = rng.randrange(4)
    if kind == 0:
        return content[: rng.randint(0, len(content))]
    if kind == 1:
        return content + bytes(rng.randrange(256) for _ in range(rng.choice((1, 30))))
    if kind == 2:
        at = rng.randint(0, len(content))
        return content[:at] + bytes(rng.randrange(256) for _ in range(4)) + content[at + 4 :]
    return rng.choice((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"PK\3\4", b"\x1f\x9d", b"", b" ")) + content[:5000]


def _bytes_of(hdu: Hdu, rng: Random) -> bytes:
    end = rng.random()
    cards = b"".join(hdu.cards) + (b"" if end > 0.99 else b"END".ljust(CARD))
    head = cards if end < 0.01 else cards.ljust(-(-len(cards) // BLOCK) * BLOCK)
    padded = hdu.data.ljust(-(-len(hdu.data) // BLOCK) * BLOCK, b"\0")
    return head + (hdu.data if 0.01 < end < 0.03 else padded)
