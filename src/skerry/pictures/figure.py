"""The picture of an image: sky coordinates, colour bar, beam, the outlines of islands, the brightest of them enlarged.

matplotlib draws it with Agg, without its global state, and so that the same picture has the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps, patheffects, rc_context, rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import FuncNorm, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, Patch, Rectangle
from numpy.typing import NDArray

from skerry.pictures.blocks import Window, bits_of_blocks, block_size, notable_of_blocks, windowed_plane
from skerry.pictures.colour_bar import draw_bar
from skerry.pictures.drawn_outlines import bounded_outlines, most_edges, with_margin
from skerry.pictures.layers import Detail, Layer, Picture
from skerry.pictures.layout import DPI, LINE, MOST, Layout, dots_per_pixel, layout_of, shortened
from skerry.pictures.stretch import Level, Stretch, level_of, stretch_of
from skerry.sky.beam import FWHM_PER_SIGMA

__all__ = ["draw"]

_INVALID = "#c9d8ea"
_SHADES = 64
"""Of grey: with all 256 the noise takes a third more bytes and looks the same."""
_FILLED, _PALE = 0.45, 0.25
"""Opacity of what is filled, and where its pixels are but dots."""
_WIDE, _THIN = 1.3, 0.7
"""Of outlines, in points: few are wide, many thin."""
_MANY = 0.02
"""Length of the outlines over the number of pixels of the picture."""
_COARSE = 2
"""Dots of a pixel of the picture that a line covers."""
_LABEL = 18
"""Dots: of a letter with its margin."""
_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.linewidth": 0.8,
    "path.simplify": False,
    "pdf.fonttype": 42,
}
_HALO = [patheffects.withStroke(linewidth=2.5, foreground="white")]


@dataclass(frozen=True)
class _Blocks:
    """Part of a picture at the size at which it is drawn."""

    window: Window
    step: int
    shown: NDArray[np.float32]
    bits: NDArray[Any] | None
    dots: float
    """Along each block."""

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top edge, in pixels of the image."""
        ny, nx = self.shown.shape
        left, bottom = self.window.left - 0.5, self.window.top - 0.5
        return left, left + nx * self.step, bottom, bottom + ny * self.step


def draw(picture: Picture, kind: str = "png") -> bytes:
    """Draw a picture.

    Parameters
    ----------
    picture : Picture
        What is to be seen.
    kind : str
        "png" or "pdf".

    Returns
    -------
    bytes
        Of a file of that kind. Nothing in it depends on anything but the picture.
    """
    level = level_of(windowed_plane(picture.image, picture.window))
    blocks = _blocks_of(picture, picture.window, MOST, level)
    stretch = stretch_of(blocks.shown)
    legend = [layer for layer in picture.layers if layer.label]
    lines, labels = _lines_of(picture, blocks.step), [layer.label for layer in legend]
    layout = layout_of((blocks.shown.shape[0], blocks.shown.shape[1]), len(picture.details), labels, len(lines))
    with rc_context():
        # What a user has chosen for pictures of his own is left aside.
        rcdefaults()
        rcParams.update(_STYLE)
        figure = Figure(figsize=(layout.width / DPI, layout.height / DPI), dpi=DPI, facecolor="white")
        FigureCanvasAgg(figure)
        axes = _axes_of(figure, layout, picture)
        mappable = _draw_blocks(axes, blocks, picture.layers, stretch)
        if np.isfinite(blocks.shown).any():
            _draw_beam(axes, picture, blocks, layout)
            draw_bar(figure, layout, mappable, stretch, picture.unit)
        else:
            axes.text(0.5, 0.5, "no valid pixels", transform=axes.transAxes, ha="center", va="center", size=11)
        _draw_titles(figure, layout, picture.title, lines, legend)
        for place, detail, name in zip(layout.details, picture.details, "ABC", strict=False):
            inset = figure.add_axes(layout.share(place))
            part = _draw_detail(inset, picture, detail, f"{name}  {detail.title}", place.width, level, stretch)
            _mark_detail(axes, blocks, part.extent, name)
        return _bytes_of(figure, kind)


def _blocks_of(picture: Picture, window: Window, most: int, level: Level) -> _Blocks:
    step = block_size(window.shape, most)
    shown = notable_of_blocks(windowed_plane(picture.image, window), step, *level)
    bits = None if picture.mask is None else bits_of_blocks(windowed_plane(picture.mask, window), step)
    dots = dots_per_pixel((shown.shape[0], shown.shape[1]), most)
    return _Blocks(window, step, shown, bits, dots)


def _axes_of(figure: Figure, layout: Layout, picture: Picture) -> Axes:
    """Axes on the sky; of an image without coordinates, in pixels."""
    place = layout.share(layout.image)
    if picture.wcs is None:
        axes = figure.add_axes(place)
        axes.set_xlabel("x (pixels)")
        axes.set_ylabel("y (pixels)")
        return axes
    # Imported here: it takes long, and not all images have coordinates.
    from skerry.pictures.sky_axes import sky_axes

    on_sky: Axes = sky_axes(figure, place, picture.wcs, picture.window, (layout.image.width, layout.image.height))
    return on_sky


def _draw_blocks(axes: Axes, blocks: _Blocks, layers: Sequence[Layer], stretch: Stretch) -> Any:
    """Draw the image in grey, and the layers over it."""
    grey = colormaps["gray_r"].resampled(_SHADES).with_extremes(bad=_INVALID)
    norm = FuncNorm((stretch.stretched, stretch.unstretched), stretch.lowest, stretch.highest)
    drawn = axes.imshow(
        np.ma.masked_invalid(blocks.shown),
        cmap=grey,
        norm=norm,
        origin="lower",
        extent=blocks.extent,
        interpolation="nearest",
        # Colours of all blocks before those of the dots are the same, and take 40 bytes more of each.
        interpolation_stage="data",
        aspect="auto",
    )
    if blocks.bits is not None:
        most = most_edges(sum(layer.outlined for layer in layers))
        for layer in layers:
            _draw_layer(axes, blocks, layer, blocks.bits & layer.bits != 0, most)
    left, right, bottom, top = blocks.extent
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    return drawn


def _draw_layer(axes: Axes, blocks: _Blocks, layer: Layer, masked: NDArray[np.bool_], most: int) -> None:
    """Draw a layer, with an outline of no more lines than `most`."""
    if layer.filled and masked.any():
        colours = np.zeros((*masked.shape, 4), np.float32)
        colours[masked] = to_rgba(layer.colour, _FILLED if blocks.dots > _COARSE else _PALE)
        axes.imshow(colours, origin="lower", extent=blocks.extent, interpolation="nearest", aspect="auto")
    if not layer.outlined:
        return
    # Where a pixel of the picture is but a dot, a line on the edge of an island lies on its source.
    margin = 0 if blocks.dots > _COARSE else 1
    lines, coarser = bounded_outlines(with_margin(np.pad(masked, margin), margin), most)
    left, _, bottom, _ = blocks.extent
    corners = (lines * coarser - margin) * blocks.step + np.array([left, bottom])
    length = np.abs(np.diff(lines, axis=1)).sum() * coarser
    width = _WIDE if blocks.dots > _COARSE or length < _MANY * masked.size else _THIN
    axes.add_collection(
        LineCollection(
            corners,
            colors=layer.colour,
            linewidths=width,
            capstyle="projecting",
            snap=True,
        ),
        autolim=False,
    )


def _draw_beam(axes: Axes, picture: Picture, blocks: _Blocks, layout: Layout) -> None:
    """Draw the beam to scale in a white box, in the corner where least is covered."""
    if picture.beam is None:
        return
    squares, vectors = np.linalg.eigh(picture.beam.covariance)
    minor, major = FWHM_PER_SIGMA * np.sqrt(squares)
    angle = np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))
    per_dot = (blocks.extent[1] - blocks.extent[0]) / layout.image.width
    side = major + 14 * per_dot
    left, right, bottom, top = blocks.extent
    if side > 0.4 * min(right - left, top - bottom):
        return
    x, y = _emptiest_corner(blocks, side, 10 * per_dot)
    box = Rectangle((x, y), side, side, facecolor="white", edgecolor="0.4", linewidth=0.6, alpha=0.9, zorder=4)
    axes.add_patch(box)
    centre = (x + side / 2, y + side / 2)
    axes.add_patch(Ellipse(centre, major, minor, angle=angle, facecolor="0.35", edgecolor="black", lw=0.6, zorder=5))


def _emptiest_corner(blocks: _Blocks, side: float, margin: float) -> tuple[float, float]:
    """Lower left corner of a box in one of the corners of a picture: where fewest blocks are masked or bright."""
    left, right, bottom, top = blocks.extent
    width = int(np.ceil((side + 2 * margin) / blocks.step))
    masked = np.zeros(blocks.shown.shape, bool) if blocks.bits is None else blocks.bits != 0
    places = {}
    for rows, y in ((slice(0, width), bottom + margin), (slice(-width, None), top - margin - side)):
        for columns, x in ((slice(0, width), left + margin), (slice(-width, None), right - margin - side)):
            part = blocks.shown[rows, columns]
            brightest = float(np.max(part, initial=-np.inf, where=np.isfinite(part)))
            places[x, y] = int(masked[rows, columns].sum()), brightest
    return min(places, key=places.__getitem__)


def _lines_of(picture: Picture, step: int) -> list[str]:
    """What stands under the title."""
    beam = f"Beam {picture.beam_text}." if picture.beam_text else ""
    blocks = f"A dot is the brightest of {step} x {step} pixels." if step > 1 else ""
    return [line for line in (picture.subtitle, "  ".join(filter(None, (beam, blocks)))) if line]


def _draw_titles(figure: Figure, layout: Layout, title: str, lines: list[str], legend: Sequence[Layer]) -> None:
    left, room, top = layout.image.left / layout.width, layout.width - layout.image.left - 20, layout.height - 12
    figure.text(
        left, top / layout.height, shortened(title, room * 7 // 10), va="top", size=11, weight="bold", parse_math=False
    )
    for n, line in enumerate(lines):
        height = (top - 20 - n * LINE) / layout.height
        figure.text(left, height, shortened(line, room), va="top", size=9, color="0.25", parse_math=False)
    if not legend:
        return
    figure.legend(
        handles=[_in_legend(layer) for layer in legend],
        loc="upper left",
        bbox_to_anchor=(left, (top - 22 - len(lines) * LINE) / layout.height),
        ncols=layout.legend_columns,
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        handlelength=1.8,
        columnspacing=1.5,
        labelspacing=0.35,
    )


def _in_legend(layer: Layer) -> Line2D | Patch:
    if layer.filled:
        line = layer.colour if layer.outlined else "none"
        return Patch(facecolor=to_rgba(layer.colour, _FILLED), edgecolor=line, label=layer.label)
    return Line2D([], [], color=layer.colour, linewidth=1.6, label=layer.label)


def _draw_detail(
    inset: Axes, picture: Picture, detail: Detail, title: str, dots: int, level: Level, stretch: Stretch
) -> _Blocks:
    """Draw a part of the image enlarged; gives what was drawn."""
    blocks = _blocks_of(picture, detail.window, dots, level)
    _draw_blocks(inset, blocks, picture.layers, stretch)
    inset.set_facecolor(_INVALID)
    inset.set_xticks([])
    inset.set_yticks([])
    inset.set_title(shortened(title, dots), size=9, loc="left", pad=4, parse_math=False)
    return blocks


def _mark_detail(axes: Axes, blocks: _Blocks, extent: tuple[float, float, float, float], name: str) -> None:
    """Mark where a detail lies, with its name at the corner where least is covered."""
    left, right, bottom, top = extent
    frame = Rectangle((left, bottom), right - left, top - bottom, fill=False, edgecolor="black", lw=0.8, zorder=4)
    axes.add_patch(frame)
    side = _LABEL * blocks.step / blocks.dots
    corners = [(x, y) for x in (right, left) for y in (top, bottom)]

    def covered(corner: tuple[float, float]) -> tuple[bool, int]:
        x, y = corner[0] - (side if corner[0] == left else 0), corner[1] - (side if corner[1] == top else 0)
        edges = blocks.extent
        inside = edges[0] <= x and x + side <= edges[1] and edges[2] <= y and y + side <= edges[3]
        rows, columns = (
            slice(max(0, int((at - low) / blocks.step)), max(0, int((at - low + side) / blocks.step) + 1))
            for at, low in ((y, edges[2]), (x, edges[0]))
        )
        return not inside, 0 if blocks.bits is None else int(np.count_nonzero(blocks.bits[rows, columns]))

    corner = min(corners, key=covered)
    axes.annotate(
        name,
        corner,
        xytext=(-3 if corner[0] == left else 3, 0),
        textcoords="offset points",
        ha="right" if corner[0] == left else "left",
        va="top" if corner[1] == top else "bottom",
        weight="bold",
        path_effects=_HALO,
        zorder=6,
    )


def _bytes_of(figure: Figure, kind: str) -> bytes:
    """Bytes of a figure, without the day on which it was drawn or the versions of what drew it."""
    metadata: dict[str, Any] = {
        "png": {"Software": None},
        "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    }[kind]
    file = io.BytesIO()
    figure.savefig(file, format=kind, metadata=metadata)
    return file.getvalue()
