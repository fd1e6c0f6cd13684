"""The chain of steps from an image to its mask: which steps options ask for, what each reads and what it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from skerry.config.options import MaskingOptions

__all__ = ["Step", "chain_of", "has_scale_mask", "joined", "makes_seeds"]

_NOISE = ("rms", "bkg")


class Step(NamedTuple):
    """A step of the chain.

    Products are called as in the names of their files: the *image* that the mask is made of, its noise *rms* and
    background *bkg*, its *signal*, *seeds*, *islands*, the *mask* and the *scalemask*; and *earlier*, the image of the
    round before.
    """

    name: str
    """The subcommand."""
    inputs: Mapping[str, str]
    """Products that it reads, by its arguments."""
    products: tuple[str, ...]
    """What it makes."""


def chain_of(
    options: MaskingOptions, given_noise: Sequence[str] = (), *, has_earlier: bool = False
) -> tuple[Step, ...]:
    """Steps from an image to its mask, in their order.

    Parameters
    ----------
    options : MaskingOptions
        How the mask is made.
    given_noise : sequence of str
        Noise maps that are there, "rms" or that and "bkg", so that none is measured.
    has_earlier : bool
        Whether there is an image of the round before that of the image.

    Returns
    -------
    tuple of Step
        At least one; the last makes the mask.
    """
    mask = ("mask",) if options.beam_shape_erode_scales is None else ("mask", "scalemask")
    if options.convolve_first:
        return (Step("scale-mask", {"image": "image"}, mask),)
    steps = []
    if options.needs_signal:
        if not given_noise:
            steps.append(Step("noise", {"image": "image"}, _NOISE))
        noise = {name: name for name in given_noise or _NOISE}
        steps.append(Step("signal", {"image": "image"} | noise, ("signal",)))
    islands = "islands" if options.beam_shape_erode else "mask"
    if makes_seeds(options):
        steps.append(Step("snr-mask", {"signal": "signal"}, ("seeds",)))
        steps.append(Step("flood", {"image": "signal", "seeds": "seeds"}, (islands,)))
    elif options.flood_fill:
        signal = {"signal": "signal"} if options.clips_signal else {}
        earlier = {"earlier": "earlier"} if has_earlier and options.flood_fill_fading_factor is not None else {}
        steps.append(Step("flood", {"image": "image"} | signal | earlier, (islands,)))
    else:
        steps.append(Step("snr-mask", {"signal": "signal"}, (islands,)))
    if options.beam_shape_erode:
        signal = {"signal": "signal"} if options.erodes_by_signal else {}
        steps.append(Step("erode", {"islands": "islands"} | signal, mask))
    return tuple(steps)


def joined(chain: Sequence[Step]) -> Step:
    """Step that does what the steps of a chain do, without files between them.

    Parameters
    ----------
    chain : sequence of Step
        As of `chain_of`.

    Returns
    -------
    Step
        The subcommand `mask`: it reads what no step of the chain makes, and makes what the last one does.

    Examples
    --------
    >>> joined(chain_of(MaskingOptions(flood_fill=True), ["rms"]))
    Step(name='mask', inputs={'image': 'image', 'rms': 'rms'}, products=('mask',))
    """
    made = {product for step in chain for product in step.products}
    read = {product: product for step in chain for product in step.inputs.values() if product not in made}
    return Step("mask", read, chain[-1].products)


def makes_seeds(options: MaskingOptions) -> bool:
    """Whether the step snr-mask makes the seeds, and flood is given them."""
    return options.flood_fill and options.statistic == "snr"


def has_scale_mask(options: MaskingOptions) -> bool:
    """Whether the mask comes with a scale mask."""
    return "scalemask" in chain_of(options)[-1].products
