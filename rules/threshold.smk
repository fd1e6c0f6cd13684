# Significant pixels: the seeds of flood or, where nothing is to be grown, the islands or the mask itself.
rule snr_mask:
    input:
        unpack(inputs_of("snr-mask")),
    output:
        mask=f"{TARGET}.seeds.fits",
    log:
        f"{LOGS}/{{target}}.snr-mask.log",
    benchmark:
        f"{BENCHMARKS}/{{target}}.snr-mask.tsv"
    wildcard_constraints:
        round=rounds_with("snr-mask", "seeds"),
    group:
        CHAIN
    conda:
        "envs/skerry.yaml"
    threads: threads_for_target
    resources:
        mem_mb=memory("snr-mask"),
        runtime=minutes("snr-mask"),
    params:
        kind=seeds_or_mask,
        options=arguments("snr-mask"),
        preset=preset_name,
        beam=beam_of_field("snr-mask"),
        given=given_to(inputs_of("snr-mask")),
        version=skerry.__version__,
    shell:
        "skerry snr-mask {input.signal:q} {params.kind} {params.options} {params.preset} {params.beam} --overwrite"
        f" {LIMITS}"
        " -o {output.mask:q} > {log:q} 2>&1"


use rule snr_mask as snr_mask_to_erode with:
    output:
        mask=f"{TARGET}.islands.fits",
    wildcard_constraints:
        round=rounds_with("snr-mask", "islands"),


use rule snr_mask as snr_mask_alone with:
    output:
        mask=f"{TARGET}.mask.fits",
    wildcard_constraints:
        round=rounds_with("snr-mask", "mask"),
