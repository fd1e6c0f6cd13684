# A plain mask for each CLEAN scale of a beam's scale mask, for imagers that read no bits.
rule split_scales:
    input:
        f"{BEAM}.scalemask.fits",
    output:
        f"{BEAM}.scale{{scale}}.mask.fits",
    log:
        f"{LOGS}/beam{{beam}}.split-scales.{{scale}}.log",
    benchmark:
        f"{BENCHMARKS}/beam{{beam}}.split-scales.{{scale}}.tsv"
    wildcard_constraints:
        scale=r"\d+",
    conda:
        "envs/skerry.yaml"
    threads: 1
    resources:
        mem_mb=memory("split-scales"),
        runtime=minutes("split-scales"),
    params:
        axes=MASK_AXES,
        version=skerry.__version__,
    shell:
        "skerry split-scales {input:q} --scale {wildcards.scale} {params.axes} --overwrite"
        f" {LIMITS}"
        " -o {output:q} > {log:q} 2>&1"
