# Masks for every beam of a field and every round of self-calibration. The field is described by one YAML file:
#     snakemake --cores 4 --configfile FIELD.yaml
# Without --configfile it is the demo field of config/config.yaml.
from snakemake.utils import min_version

min_version("9.19")


if not workflow.configfiles:

    configfile: f"{workflow.basedir}/config/config.yaml"


include: "rules/common.smk"
include: "rules/mosaic.smk"
include: "rules/extract.smk"
include: "rules/scales.smk"
include: "rules/edit.smk"
include: "rules/report.smk"


if FIELD.keep_steps:

    include: "rules/noise.smk"
    include: "rules/signal.smk"
    include: "rules/threshold.smk"
    include: "rules/flood.smk"
    include: "rules/erode.smk"
    include: "rules/multiscale.smk"

else:

    include: "rules/mask.smk"


if FIELD.imager:

    include: "rules/imaging.smk"
    include: "rules/image.smk"


localrules:
    all,


rule all:
    input:
        results_of_field,


onstart:
    note_what_results_are_made_from(records=not takes_results_anyway(sys.argv))


onsuccess:
    note_what_results_are_made_from(records=True)
    print_summary()
