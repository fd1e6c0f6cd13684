# A linear mosaic of the beams, where none is given.
rule mosaic:
    input:
        images=images_of_mosaic,
        weights=weights_of_mosaic,
    output:
        f"{TARGET}.image.fits",
    log:
        f"{LOGS}/{{target}}.mosaic.log",
    benchmark:
        f"{BENCHMARKS}/{{target}}.mosaic.tsv"
    wildcard_constraints:
        target="|".join(map(re.escape, PLAN.mosaics)) or "(?!)",
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
        given=given_to(images_of_mosaic, weights_of_mosaic),
        version=skerry.__version__,
    shell:
        "skerry mosaic {input.images:q} {params.weighting} --overwrite"
        f" {LIMITS}"
        " -o {output:q} > {log:q} 2>&1"
