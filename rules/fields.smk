# Several fields in one run: one plan, one head process and one limit of jobs for all of them.
#     snakemake --snakefile rules/fields.smk --cores 4 --config 'fields=["A.yaml", "B.yaml"]'
# Each field is a module, so that its rules are those of a run of its own but for their names.
import sys

from snakemake.utils import min_version

from skerry.errors import SkerryError
from skerry.workflow.many_fields import FIELD_FILE, module_names
from skerry.workflow.run_arguments import takes_results_anyway

min_version("9.19")

try:
    FILES = module_names(config.get("fields"))
except SkerryError as error:
    print(f"skerry: {error}", file=sys.stderr)
    sys.exit(2)

for NAME, FILE in FILES.items():

    module:
        name: NAME
        snakefile:
            "../Snakefile"
        config:
            {FIELD_FILE: FILE}

    use rule * from NAME as NAME*


localrules:
    all,


rule all:
    default_target: True
    input:
        lambda wildcards: [
            path
            for name in FILES
            for path in globals()[name].results_of_field(wildcards)
        ],


onstart:
    for name in FILES:
        globals()[name].note_what_results_are_made_from(
            records=not takes_results_anyway(sys.argv)
        )


onsuccess:
    for name in FILES:
        globals()[name].note_what_results_are_made_from(records=True)
        globals()[name].print_summary()
