# The images of a round, by the user's imager with the masks of that round; and the calibration before it. These rules
# exist only where the field has an imager.
IMAGING = FIELD.imager
CALIBRATION = FIELD.calibrate
IMAGES = f"{ROUND}/images/beam{{beam}}"
CALIBRATED = f"{ROUND}/ms/beam{{beam}}"


def rounds_in(rounds):
    """Regular expression of some rounds; of nothing if there are none."""
    return "|".join(map(str, rounds)) or "(?!)"


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


def data_of(wildcards):
    """What tells that the given measurement set was made anew, where that is what is imaged."""
    given = FIELD.measurement_set(wildcards.beam, 0)
    return data_stamp(given) if measurement_set(wildcards) == given else ""


def requested(command):
    """Resources of a command that the user gave, by the attempt."""
    given = {"mem_mb": command.mem_mb, "runtime": command.runtime}
    return {
        name: (lambda wildcards, attempt, value=value: value * attempt)
        for name, value in given.items()
        if value
    }


# What is wrong with a mask the imager would say after its first inversion, or not at all.
rule check:
    input:
        mask=f"{BEAM}.{{product}}.fits",
        image=beam_image,
    output:
        f"{BEAM}.{{product}}.fits.check",
    log:
        f"{LOGS}/beam{{beam}}.{{product}}.check.log",
    benchmark:
        f"{BENCHMARKS}/beam{{beam}}.{{product}}.check.tsv"
    wildcard_constraints:
        product="mask|scalemask",
    conda:
        "envs/skerry.yaml"
    threads: 1
    resources:
        mem_mb=memory(4),
        runtime=minutes(5),
    params:
        allow_empty=lambda wildcards: (
            "--allow-empty" if options_of(wildcards).flood_fill_allow_empty else ""
        ),
        version=skerry.__version__,
    shell:
        "skerry check {input.mask:q} --image {input.image:q} {params.allow_empty} > {output:q} 2> {log:q}"


rule image:
    input:
        unpack(imaging_inputs),
        # The imager writes its model into the set that it reads.
        ms=ancient(measurement_set),
    output:
        IMAGING.image_name(IMAGES),
    log:
        f"{LOGS}/beam{{beam}}.image.log",
    benchmark:
        f"{BENCHMARKS}/beam{{beam}}.image.tsv"
    wildcard_constraints:
        round=rounds_in(FIELD.imaged_rounds),
    conda:
        "envs/skerry.yaml"
    threads: IMAGING.threads
    resources:
        **requested(IMAGING),
    params:
        prefix=image_prefix,
        mask_argument=mask_argument,
        extra=extra_of(IMAGING),
        data=data_of,
    shell:
        f"(\n{IMAGING.shell(FIELD.field)}\n) > {{log:q}} 2>&1"


if CALIBRATION:

    rule calibrate:
        input:
            unpack(
                lambda wildcards: calibration_done(
                    int(wildcards.round) - 1, wildcards.beam
                )
            ),
            image=beam_image,
            ms=ancient(measurement_set_before),
        output:
            ms=directory(f"{CALIBRATED}.ms"),
            done=touch(f"{CALIBRATED}.calibrated"),
        log:
            f"{LOGS}/beam{{beam}}.calibrate.log",
        benchmark:
            f"{BENCHMARKS}/beam{{beam}}.calibrate.tsv"
        conda:
            "envs/skerry.yaml"
        threads: CALIBRATION.threads
        resources:
            **requested(CALIBRATION),
        params:
            prefix=image_prefix_before,
            extra=extra_of(CALIBRATION),
        shell:
            f"(\n{CALIBRATION.shell(FIELD.field)}\n) > {{log:q}} 2>&1"
