# The image in units of its local noise.
rule signal:
    input:
        unpack(inputs_of("signal")),
    output:
        f"{TARGET}.signal.fits",
    log:
        f"{LOGS}/{{target}}.signal.log",
    benchmark:
        f"{BENCHMARKS}/{{target}}.signal.tsv"
    wildcard_constraints:
        round=rounds_with("signal"),
    group:
        CHAIN
    conda:
        "envs/skerry.yaml"
    threads: threads_for_target
    resources:
        mem_mb=memory("signal"),
        runtime=minutes("signal"),
    params:
        background=optional_files("bkg"),
        given=given_to(inputs_of("signal")),
        version=skerry.__version__,
    shell:
        "skerry signal {input.image:q} --rms {input.rms:q} {params.background} --overwrite"
        f" {LIMITS}"
        " -o {output:q} > {log:q} 2>&1"
