"""The names of all files of a field: those that are given, and those that are made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skerry.config.chain import has_scale_mask
from skerry.field.coaddition import CoAddition
from skerry.field.given_beam import step_needs_beam
from skerry.field.patterns import fill
from skerry.field.plan import UNEDITED, beam_of_target

if TYPE_CHECKING:
    from skerry.field.keys import FieldConfig

__all__ = ["FieldFiles"]


@dataclass(frozen=True)
class FieldFiles:
    """The names of all files of a field.

    Of an image, and of what is given beside it, `k` is the round in which the image is made, 0 for the first. Of a
    mask, and of all that it is made by way of, `k` is the round that it is for, which comes after that of its image. A
    target is what a mask is made of: "mosaic", or the image of a beam, as "beam00", or as "beam00.own" where that is
    only a part of the beam's mask, or as "beam00.unedited" where that is changed by hand. Where channels have images of
    their own, a beam is one of these, as "00-0003", and there is a mosaic of each, "mosaic-0003".
    """

    field: FieldConfig

    @property
    def directory(self) -> str:
        """Where everything of this field is written."""
        return os.path.join(self.field.output, self.field.field)  # noqa: PTH118

    # What is given, and what the imager and the calibration make.

    def image_path(self, k: int, beam: str) -> str:
        """Image of a beam of round `k`, given or made."""
        if self.field.imager is not None and k in self.field.plan.imaged_rounds:
            return self.field.imager.image_name(self.image_prefix(k, beam))
        return self._filled(str(self.field.images), **self._named(beam), round=k)

    def image_prefix(self, k: int, beam: str) -> str:
        """What the names of all that the imager makes of a beam in round `k` begin with."""
        return f"{self.directory}/round{k}/images/beam{beam}"

    def measurement_set(self, k: int, beam: str) -> str:
        """Measurement set that is imaged in round `k`: the given one, or the one that was calibrated for it."""
        if self.field.calibrate is not None and k > 0:
            return f"{self.directory}/round{k}/ms/beam{beam}.ms"
        return self._filled(str(self.field.measurement_sets), beam=beam)

    def calibration_mark(self, k: int, beam: str) -> str | None:
        """Mark that a set was calibrated for round `k`, if it was; the set itself changes when it is imaged."""
        made = self.field.calibrate is not None and k > 0
        return f"{self.directory}/round{k}/ms/beam{beam}.calibrated" if made else None

    def mosaic_path(self, k: int, target: str) -> str | None:
        """Mosaic of the images of round `k`, by its name as a target, if it is given."""
        given = self.field.mosaic
        return self._filled(given, **self._named_by(target), round=k) if isinstance(given, str) else None

    def images_of_mosaic(self, k: int, target: str) -> list[str]:
        """Images of round `k` that a mosaic is made of."""
        return [self.image_path(k, beam) for beam in self.field.plan.beams_of(target)]

    def weight_paths(self, k: int, target: str) -> list[str]:
        """Weight images of the beams of a mosaic in round `k`, if it is made with them."""
        how = self.field.mosaic
        if not isinstance(how, CoAddition) or how.weights is None:
            return []
        beams = self.field.plan.beams_of(target)
        return [self._filled(how.weights, **self._named(beam), round=k) for beam in beams]

    def noise_path(self, k: int, target: str, kind: str) -> str | None:
        """Noise map ("rms") or background map ("bkg") of the image of a target of round `k`, if it is given."""
        pattern = {"rms": self.field.rms, "bkg": self.field.bkg}[kind]
        return None if pattern is None else self._filled(pattern, **self._named_by(target), round=k)

    def beam_path(self) -> str | None:
        """Image that has the restoring beam of all others, if the field names one."""
        return self._filled(self.field.beam) if isinstance(self.field.beam, str) else None

    def edit_paths(self, k: int, beam: str) -> dict[str, str]:
        """Files by which the masks of a beam in round `k` are changed by hand, by their keys, in their order."""
        patterns = self.field.plan.edits(k)
        return {key: self._filled(pattern, **self._named(beam), round=k) for key, pattern in patterns.items()}

    # What masks are made by way of.

    def product_path(self, k: int, target: str, product: str) -> str:
        """What a step of the chain of round `k` reads or makes.

        Parameters
        ----------
        k : int
            Round that the mask is for.
        target : str
            "mosaic", or "beam00", "beam00.own" or "beam00.unedited" for a beam.
        product : str
            As of `skerry.config.chain.Step`. The image and its noise maps may be given, and are of the round before;
            the earlier image is what the masks of that round were made of.

        Returns
        -------
        str
            Name of the file.
        """
        if product == "earlier":
            return self.product_path(k - 1, target, "image")
        given = None
        if product == "image":
            on_mosaic = target in self.field.plan.mosaics
            given = self.mosaic_path(k - 1, target) if on_mosaic else self.image_path(k - 1, beam_of_target(target))
        elif product in ("rms", "bkg"):
            given = self.noise_path(k - 1, target, product)
        return given or self.made_path(k, target, product)

    def made_path(self, k: int, target: str, product: str) -> str:
        """What is made for the masks of round `k`; parameters as of `product_path`."""
        return f"{self.directory}/round{k}/{target}.{product}.fits"

    def step_inputs(self, k: int, target: str, step: str) -> dict[str, str]:
        """Files that a step of the chain of round `k` reads, by its arguments; none if the chain has no such step."""
        found = self.field.plan.step(k, step)
        inputs = {} if found is None else found.inputs
        files = {argument: self.product_path(k, target, product) for argument, product in inputs.items()}
        beam = self.beam_path()
        if beam is not None and found is not None and step_needs_beam(step, self.field.plan.options_for_round(k)):
            files["beam"] = beam
        return files

    def noise_grid_path(self, k: int, target: str) -> str | None:
        """Small file that keeps the noise which the step `mask` measures, where it does."""
        in_mask = not self.field.keep_steps and self.field.plan.includes(k, "noise")
        return self.made_path(k, target, "noise") if in_mask else None

    # What a run ends with.

    def mask_path(self, k: int, beam: str, product: str = "mask") -> str:
        """Mask, or the scale mask, with which `beam` is imaged in round `k`."""
        return self.made_path(k, f"beam{beam}", product)

    def mosaic_mask_path(self, k: int, beam: str, product: str = "mask") -> str:
        """Mask, or the scale mask, of the mosaic that a beam is in."""
        return self.made_path(k, self.field.plan.mosaic_of(beam), product)

    def unedited_path(self, k: int, beam: str, product: str = "mask") -> str:
        """Mask, or the scale mask, of a beam before it is changed by hand."""
        return self.made_path(k, f"beam{beam}{UNEDITED}", product)

    def own_mask_path(self, k: int, beam: str, product: str = "mask") -> str | None:
        """Mask, or the scale mask, of a beam's own image that is added to what the mosaic's has, if one is."""
        plan = self.field.plan
        return self.made_path(k, plan.own_target(k, beam), product) if plan.on_mosaic and plan.on_beams else None

    def masks_to_image_with(self, k: int, beam: str) -> dict[str, str]:
        """Those masks of a beam that the imager reads in round `k`, by product."""
        imager = self.field.imager
        products = imager.mask_products if imager is not None and k in self.field.plan.masked_rounds else ()
        return {product: self.mask_path(k, beam, product) for product in products}

    def clean_check_path(self, k: int, beam: str) -> str | None:
        """What was seen of a beam's clean in round `k`, if it is made with a mask here."""
        made = k in self.field.plan.checked_rounds
        return f"{self.directory}/round{k}/beam{beam}.clean.check" if made else None

    @property
    def report_page(self) -> str:
        """Report of the field, without its pictures, which lie beside it."""
        return f"{self.directory}/report/field.html"

    @property
    def report_pictures(self) -> str:
        """Directory of the pictures that go with the report."""
        return f"{self.directory}/report/pictures"

    def report_inputs(self) -> Iterator[str]:
        """What a report shows: masks, the images that they are for, and what was seen of cleans."""
        for k in self.field.plan.masked_rounds:
            for mosaic in self.field.plan.mosaics:
                yield from (self.product_path(k, mosaic, "image"), self.made_path(k, mosaic, "mask"))
            for beam in self.field.each_beam:
                yield from (self.image_path(k - 1, beam), self.mask_path(k, beam))
                yield from filter(None, (self.clean_check_path(k, beam),))

    def results(self) -> Iterator[str]:
        """What a run ends with: the last images, if they are made, what was seen of cleans, all masks, the report."""
        for k in self.field.plan.imaged_rounds[-1:]:
            yield from (self.image_path(k, beam) for beam in self.field.each_beam)
        for k in self.field.plan.checked_rounds:
            yield from filter(None, (self.clean_check_path(k, beam) for beam in self.field.each_beam))
        for k in self.field.plan.masked_rounds:
            for product in self._mask_products(k):
                yield from (self.mask_path(k, beam, product) for beam in self.field.each_beam)
        if self.field.report:
            yield self.report_page

    def _mask_products(self, k: int) -> list[str]:
        options = self.field.plan.options_for_round(k)
        if not has_scale_mask(options):
            return ["mask"]
        split = (options.beam_shape_erode_scales or ()) if self.field.split_scales else ()
        return ["mask", "scalemask", *(f"scale{scale}.mask" for scale in split)]

    def _named(self, beam: str) -> dict[str, str]:
        """What stands for {beam} and {channel} in the names of the images of a beam, or of a channel of one."""
        return self.field.each_beam[beam]._asdict()

    def _named_by(self, target: str) -> dict[str, str]:
        """The same for a target; a mosaic has no beam."""
        beams = self.field.plan.beams_of(target) if target in self.field.plan.mosaics else ()
        return self._named(beams[0] if beams else beam_of_target(target))

    def _filled(self, pattern: str, **values: object) -> str:
        return fill(pattern, field=self.field.field, **values)
