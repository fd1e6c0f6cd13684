# The mask of a beam as it is changed by hand: masks and regions that the field's YAML file names. It is a job of its own, so that
# a change of such a file makes no mask again, and leaves the mask as it was before beside it.
rule edit:
    input:
        unpack(edit_inputs("mask")),
    output:
        f"{BEAM}.mask.fits",
    log:
        f"{LOGS}/beam{{beam}}.edit.log",
    benchmark:
        f"{BENCHMARKS}/beam{{beam}}.edit.tsv"
    wildcard_constraints:
        round=rounds_in(PLAN.edited_rounds),
    group:
        CHAIN_OF_BEAM
    conda:
        "envs/skerry.yaml"
    threads: 1
    resources:
        mem_mb=memory("edit"),
        runtime=minutes("edit"),
    params:
        edits=edit_arguments,
        given=given_to(edit_inputs("mask")),
        version=skerry.__version__,
    shell:
        "skerry edit {input.mask:q} --image {input.image:q} {params.edits} --overwrite"
        f" {LIMITS}"
        " -o {output:q} > {log:q} 2>&1"


use rule edit as edit_scale_mask with:
    input:
        unpack(edit_inputs("scalemask")),
    output:
        f"{BEAM}.scalemask.fits",
    log:
        f"{LOGS}/beam{{beam}}.edit-scale-mask.log",
    benchmark:
        f"{BENCHMARKS}/beam{{beam}}.edit-scale-mask.tsv"
