# Islands grown from seeds: what is eroded next, or the mask itself.
rule flood:
    input:
        unpack(inputs_of("flood")),
    output:
        mask=f"{TARGET}.islands.fits",
    log:
        f"{LOGS}/{{target}}.flood.log",
    benchmark:
        f"{BENCHMARKS}/{{target}}.flood.tsv"
    wildcard_constraints:
        round=rounds_with("flood", "islands"),
    group:
        CHAIN
    conda:
        "envs/skerry.yaml"
    threads: threads_for_target
    resources:
        mem_mb=memory("flood"),
        runtime=minutes("flood"),
    params:
        files=optional_files("seeds", "signal", "earlier"),
        options=arguments("flood"),
        preset=preset_name,
        beam=beam_of_field("flood"),
        given=given_to(inputs_of("flood")),
        version=skerry.__version__,
    shell:
        "skerry flood {input.image:q} {params.files} {params.options} {params.preset} {params.beam} --overwrite"
        f" {LIMITS}"
        " -o {output.mask:q} > {log:q} 2>&1"


use rule flood as flood_alone with:
    output:
        mask=f"{TARGET}.mask.fits",
    wildcard_constraints:
        round=rounds_with("flood", "mask"),
