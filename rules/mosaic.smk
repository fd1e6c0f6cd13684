# A linear mosaic of the beams, where none is given.
rule mosaic:
    input:
        images=beam_images,
        weights=lambda wildcards: FILES.weight_paths(int(wildcards.round) - 1),
    output:
        f"{ROUND}/mosaic.image.fits",
    log:
        f"{LOGS}/mosaic.mosaic.log",
    benchmark:
        f"{BENCHMARKS}/mosaic.mosaic.tsv"
    wildcard_constraints:
        round=rounds_in(PLAN.masked_rounds if PLAN.co_adds else ()),
    group:
        CHAIN
    conda:
        "envs/skerry.yaml"
    threads: MOSAIC_THREADS
    resources:
        mem_mb=memory("mosaic"),
        runtime=minutes("mosaic"),
    params:
        weighting=mosaic_arguments,
        version=skerry.__version__,
    shell:
        "skerry mosaic {input.images:q} {params.weighting} --overwrite"
        f" {LIMITS}"
        " -o {output:q} > {log:q} 2>&1"
