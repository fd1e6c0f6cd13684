# What the rules of image.smk share: what a round is imaged with, and from.
from skerry.field.imager_check import imager_command

IMAGING = FIELD.imager
CALIBRATION = FIELD.calibrate
IMAGES = f"{ROUND}/images/beam{{beam}}"
CALIBRATED = f"{ROUND}/ms/beam{{beam}}"


def measurement_set(wildcards):
    return FILES.measurement_set(int(wildcards.round), wildcards.beam)


def measurement_set_before(wildcards):
    return FILES.measurement_set(int(wildcards.round) - 1, wildcards.beam)


def calibration_done(k, beam):
    """The mark that a measurement set was calibrated for a round, if it was."""
    mark = FILES.calibration_mark(k, beam)
    return {"calibrated": mark} if mark else {}


def clean_before(k, beam):
    """What was seen of the clean before a round, which must not have gone wrong; when it is looked at again, that is all."""
    check = FILES.clean_check_path(k - 1, beam) if IMAGING.strict else None
    return {"clean_check": ancient(check)} if check else {}


def calibration_inputs(wildcards):
    """What has to be done before: the calibration of the round before, and perhaps a look at its clean."""
    k, beam = int(wildcards.round), wildcards.beam
    return calibration_done(k - 1, beam) | clean_before(k, beam)


def imaging_inputs(wildcards):
    """Masks, their checks, and what has to be done before: the image of the round before, and the calibration."""
    k, beam = int(wildcards.round), wildcards.beam
    masks = FILES.masks_to_image_with(k, beam)
    checks = {f"{name}_check": f"{path}.check" for name, path in masks.items()}
    before = (
        {"before": FILES.image_path(k - 1, beam)} if k - 1 in PLAN.imaged_rounds else {}
    )
    done = calibration_done(k, beam) | clean_before(k, beam)
    return masks | checks | before | done


def mask_imaged_with(wildcards):
    """The mask that a beam was imaged with; the scale mask, if the imager reads no other."""
    masks = FILES.masks_to_image_with(int(wildcards.round), wildcards.beam)
    return masks.get("mask") or masks["scalemask"]


def clean_check_arguments(wildcards):
    """What is looked at, but mask and image."""
    log = f"{LOGS}/beam{{beam}}.image.log".format(**wildcards)
    return IMAGING.check_arguments(image_prefix(wildcards), log)


def mask_argument(wildcards):
    k, beam = int(wildcards.round), wildcards.beam
    return IMAGING.argument_for_mask(
        FILES.masks_to_image_with(k, beam), round=k, beam=beam, field=FIELD.field
    )


def imager_of(wildcards):
    """Params of a rule: the command that calls the imager, if it is one that is known."""
    return optional("--command", imager_command(FIELD, int(wildcards.round)))


def image_prefix(wildcards):
    return FILES.image_prefix(int(wildcards.round), wildcards.beam)


def image_prefix_before(wildcards):
    return FILES.image_prefix(int(wildcards.round) - 1, wildcards.beam)


def extra_of(command):
    """What {extra} in a command stands for."""
    return lambda wildcards: command.extra_for_round(
        int(wildcards.round), beam=wildcards.beam, field=FIELD.field
    )


def data_of(source):
    """What tells that a measurement set was made anew, where it is the given one."""

    def stamp(wildcards):
        given = FILES.measurement_set(0, wildcards.beam)
        return data_stamp(given) if source(wildcards) == given else ""

    return stamp


def requested(command):
    """Resources of a command that the user gave, by the attempt."""
    given = {"mem_mb": command.mem_mb, "runtime": command.runtime}
    return {
        name: (lambda wildcards, attempt, value=value: value * attempt)
        for name, value in given.items()
        if value
    }
