# What the rules of image.smk share: what a round is imaged with, and from.
IMAGING = FIELD.imager
CALIBRATION = FIELD.calibrate
IMAGES = f"{ROUND}/images/beam{{beam}}"
CALIBRATED = f"{ROUND}/ms/beam{{beam}}"


def measurement_set(wildcards):
    return FIELD.measurement_set(wildcards.beam, int(wildcards.round))


def measurement_set_before(wildcards):
    return FIELD.measurement_set(wildcards.beam, int(wildcards.round) - 1)


def calibration_done(k, beam):
    """The mark that a measurement set was calibrated for a round; the set itself changes when it is imaged."""
    made = CALIBRATION and k > 0
    return (
        {"calibrated": f"{FIELD.directory}/round{k}/ms/beam{beam}.calibrated"}
        if made
        else {}
    )


def masks_of_beam(k, beam):
    """Those masks of a beam that the imager reads in a round, by kind."""
    products = IMAGING.mask_products if k in FIELD.masked_rounds else ()
    return {product: FIELD.mask_path(k, beam, product) for product in products}


def imaging_inputs(wildcards):
    """Masks, their checks, and what has to be done before: the image of the round before, and the calibration."""
    k, beam = int(wildcards.round), wildcards.beam
    masks = masks_of_beam(k, beam)
    checks = {f"{name}_check": f"{path}.check" for name, path in masks.items()}
    before = (
        {"before": FIELD.image_path(beam, k - 1)}
        if k - 1 in FIELD.imaged_rounds
        else {}
    )
    return masks | checks | before | calibration_done(k, beam)


def mask_argument(wildcards):
    k, beam = int(wildcards.round), wildcards.beam
    return IMAGING.argument_for_mask(
        masks_of_beam(k, beam), round=k, beam=beam, field=FIELD.field
    )


def image_prefix(wildcards):
    return FIELD.image_prefix(wildcards.beam, wildcards.round)


def image_prefix_before(wildcards):
    return FIELD.image_prefix(wildcards.beam, int(wildcards.round) - 1)


def extra_of(command):
    """What {extra} in a command stands for."""
    return lambda wildcards: command.extra_for_round(
        int(wildcards.round), beam=wildcards.beam, field=FIELD.field
    )


def data_of(source):
    """What tells that a measurement set was made anew, where it is the given one."""

    def stamp(wildcards):
        given = FIELD.measurement_set(wildcards.beam, 0)
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
