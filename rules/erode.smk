# The mask: islands, less the rims of bright sources if asked for, eroded by the shape of the restoring beam, and of each scale if scales are given.
rule erode:
    input:
        unpack(inputs_of("erode")),
    output:
        mask=f"{TARGET}.mask.fits",
    log:
        f"{LOGS}/{{target}}.erode.log",
    benchmark:
        f"{BENCHMARKS}/{{target}}.erode.tsv"
    wildcard_constraints:
        round=rounds_with("erode", "mask"),
    group:
        CHAIN
    conda:
        "envs/skerry.yaml"
    threads: threads_for_target
    resources:
        mem_mb=memory("erode"),
        runtime=minutes("erode"),
    params:
        files=optional_files("signal"),
        options=arguments("erode"),
        preset=preset_name,
        scales=scale_mask_output,
        beam=beam_of_field("erode"),
        given=given_to(inputs_of("erode")),
        version=skerry.__version__,
    shell:
        "skerry erode {input.islands:q} {params.files} {params.options} {params.preset} {params.scales} {params.beam}"
        " --overwrite"
        f" {LIMITS}"
        " -o {output.mask:q} > {log:q} 2>&1"


use rule erode as erode_scales with:
    output:
        mask=f"{TARGET}.mask.fits",
        scalemask=f"{TARGET}.scalemask.fits",
    wildcard_constraints:
        round=rounds_with("erode", "mask", "scalemask"),
