# The mask of an image in one process: noise, signal, islands and erosion pass on in memory what keep_steps has as files.
rule mask:
    input:
        unpack(inputs_of("mask")),
    output:
        mask=f"{TARGET}.mask.fits",
    log:
        f"{LOGS}/{{target}}.mask.log",
    benchmark:
        f"{BENCHMARKS}/{{target}}.mask.tsv"
    wildcard_constraints:
        round=rounds_with("mask", "mask"),
    group:
        CHAIN
    conda:
        "envs/skerry.yaml"
    threads: threads_for_target
    resources:
        mem_mb=memory("mask"),
        runtime=minutes("mask"),
    params:
        files=optional_files("rms", "bkg", "earlier"),
        noise=noise_grid,
        options=arguments("mask"),
        preset=preset_name,
        scales=scale_mask_output,
        beam=beam_of_field("mask"),
        given=given_to(inputs_of("mask")),
        version=skerry.__version__,
    shell:
        "skerry mask {input.image:q} --no-preset {params.files} {params.noise} {params.options} {params.preset}"
        " {params.scales} {params.beam} --overwrite"
        f" {LIMITS}"
        " -o {output.mask:q} > {log:q} 2>&1"


use rule mask as mask_with_scales with:
    output:
        mask=f"{TARGET}.mask.fits",
        scalemask=f"{TARGET}.scalemask.fits",
    wildcard_constraints:
        round=rounds_with("mask", "mask", "scalemask"),
