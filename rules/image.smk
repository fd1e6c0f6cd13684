# The images of a round, by the user's imager with the masks of that round; and the calibration before it. These rules
# exist only where the field has an imager.
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
    group:
        CHAIN_OF_BEAM
    conda:
        "envs/skerry.yaml"
    threads: 1
    resources:
        mem_mb=memory("check"),
        runtime=minutes("check"),
    params:
        allow_empty=lambda wildcards: (
            "--allow-empty" if options_of(wildcards).flood_fill_allow_empty else ""
        ),
        imager=imager_of,
        given=given_to(beam_image),
        version=skerry.__version__,
    shell:
        "skerry check {input.mask:q} --image {input.image:q} {params.allow_empty} {params.imager}"
        f" {LIMITS}"
        " > {output:q} 2> {log:q}"


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
        round=rounds_in(PLAN.imaged_rounds),
    conda:
        "envs/skerry.yaml"
    threads: IMAGING.threads
    resources:
        **requested(IMAGING),
    params:
        prefix=image_prefix,
        mask_argument=mask_argument,
        extra=extra_of(IMAGING),
        data=data_of(measurement_set),
    shell:
        f"(\n{IMAGING.shell(FIELD.field)}\n) > {{log:q}} 2>&1"


# What became of the mask in the imaging, by the image, the model and the log: an imager says of little that it went wrong.
rule check_clean:
    input:
        mask=mask_imaged_with,
        image=IMAGING.image_name(IMAGES),
    output:
        f"{BEAM}.clean.check",
    log:
        f"{LOGS}/beam{{beam}}.check-clean.log",
    benchmark:
        f"{BENCHMARKS}/beam{{beam}}.check-clean.tsv"
    wildcard_constraints:
        round=rounds_in(PLAN.checked_rounds),
    conda:
        "envs/skerry.yaml"
    threads: 1
    resources:
        mem_mb=memory("check-clean"),
        runtime=minutes("check-clean"),
    params:
        options=clean_check_arguments,
        version=skerry.__version__,
    shell:
        "skerry check-clean {input.mask:q} --image {input.image:q} {params.options}"
        f" {LIMITS}"
        " --json > {output:q} 2> {log:q}"


if CALIBRATION:

    rule calibrate:
        input:
            unpack(calibration_inputs),
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
            data=data_of(measurement_set_before),
            given=given_to(beam_image),
            extra=extra_of(CALIBRATION),
        shell:
            f"(\n{CALIBRATION.shell(FIELD.field)}\n) > {{log:q}} 2>&1"
