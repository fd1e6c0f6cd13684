# Local noise and background, where no maps of them are given.
rule noise:
    input:
        unpack(inputs_of("noise")),
    output:
        rms=f"{TARGET}.rms.fits",
        bkg=f"{TARGET}.bkg.fits",
    log:
        f"{LOGS}/{{target}}.noise.log",
    benchmark:
        f"{BENCHMARKS}/{{target}}.noise.tsv"
    wildcard_constraints:
        round=rounds_with("noise"),
    group:
        CHAIN
    conda:
        "envs/skerry.yaml"
    threads: threads_for_target
    resources:
        mem_mb=memory("noise"),
        runtime=minutes("noise"),
    params:
        options=arguments("noise"),
        beam=beam_of_field("noise"),
        given=given_to(inputs_of("noise")),
        version=skerry.__version__,
    shell:
        "skerry noise {input.image:q} {params.options} {params.beam} --overwrite"
        f" {LIMITS}"
        " --rms-output {output.rms:q} --bkg-output {output.bkg:q} > {log:q} 2>&1"
