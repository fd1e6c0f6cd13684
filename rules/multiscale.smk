# The mask of each scale from the image smoothed to that scale (convolve_first).
rule scale_mask:
    input:
        unpack(inputs_of("scale-mask")),
    output:
        mask=f"{TARGET}.mask.fits",
        scalemask=f"{TARGET}.scalemask.fits",
    log:
        f"{LOGS}/{{target}}.scale-mask.log",
    benchmark:
        f"{BENCHMARKS}/{{target}}.scale-mask.tsv"
    wildcard_constraints:
        round=rounds_with("scale-mask"),
    group:
        CHAIN
    conda:
        "envs/skerry.yaml"
    threads: threads_for_target
    resources:
        mem_mb=memory("scale-mask"),
        runtime=minutes("scale-mask"),
    params:
        options=arguments("scale-mask"),
        preset=preset_name,
        beam=beam_of_field("scale-mask"),
        given=given_to(inputs_of("scale-mask")),
        version=skerry.__version__,
    shell:
        "skerry scale-mask {input.image:q} {params.options} {params.preset} {params.beam} --overwrite"
        f" {LIMITS}"
        " -o {output.scalemask:q} --mask-output {output.mask:q} > {log:q} 2>&1"
