EXTRACTED = PLAN.masked_rounds if PLAN.on_mosaic else ()


# The mask of a beam, on the grid of its image, out of the mask of the mosaic: less what the beam itself does not see, and with the
# mask of its own image, if asked for.
rule extract_beam:
    input:
        image=beam_image,
        mosaic=mask_of_mosaic("mask"),
        add=own_mask("mask"),
        beam=beam_to_extract_with,
    output:
        f"{BEAM}.mask.fits",
    log:
        f"{LOGS}/beam{{beam}}.extract-beam.log",
    benchmark:
        f"{BENCHMARKS}/beam{{beam}}.extract-beam.tsv"
    wildcard_constraints:
        round=rounds_in(k for k in EXTRACTED if k not in PLAN.edited_rounds),
    group:
        CHAIN_OF_BEAM
    conda:
        "envs/skerry.yaml"
    threads: 1
    resources:
        mem_mb=memory("extract-beam"),
        runtime=minutes("extract-beam"),
    params:
        files=optional_files("add"),
        options=arguments("extract-beam"),
        preset=preset_name,
        beam=beam_of_field("extract-beam"),
        given=given_to(beam_image, beam_to_extract_with),
        version=skerry.__version__,
    shell:
        "skerry extract-beam {input.image:q} {input.mosaic:q} {params.files} {params.options} {params.preset} {params.beam}"
        " --overwrite"
        f" {LIMITS}"
        " -o {output:q} > {log:q} 2>&1"


use rule extract_beam as extract_beam_scale_mask with:
    input:
        image=beam_image,
        mosaic=mask_of_mosaic("scalemask"),
        add=own_mask("scalemask"),
        beam=beam_to_extract_with,
    output:
        f"{BEAM}.scalemask.fits",
    log:
        f"{LOGS}/beam{{beam}}.extract-beam-scale-mask.log",
    benchmark:
        f"{BENCHMARKS}/beam{{beam}}.extract-beam-scale-mask.tsv"


use rule extract_beam as extract_beam_to_edit with:
    output:
        f"{BEAM}.unedited.mask.fits",
    wildcard_constraints:
        round=rounds_in(k for k in EXTRACTED if k in PLAN.edited_rounds),


use rule extract_beam_scale_mask as extract_beam_scale_mask_to_edit with:
    output:
        f"{BEAM}.unedited.scalemask.fits",
    wildcard_constraints:
        round=rounds_in(k for k in EXTRACTED if k in PLAN.edited_rounds),
