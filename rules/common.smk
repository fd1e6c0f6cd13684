# What the rules share: the field, the names of its products, and which rule makes which of them in a round.
import functools
import itertools
import re
import shlex
import sys

import skerry
from skerry.errors import SkerryError
from skerry.field.config import FIELD_FILE, field_from_config, file_of_config
from skerry.field.given_beam import beam_arguments, step_needs_beam
from skerry.field.hand_edits import EDITS
from skerry.field.imager import data_stamp
from skerry.field.imager_check import check_imager
from skerry.field.inputs import check_inputs as check_inputs_of
from skerry.field.inputs import file_stamp, given_files
from skerry.field.origin import check_origin, check_records, note_origin
from skerry.field.patterns import from_here
from skerry.field.programs import check_programs
from skerry.field.resources import (
    SNAKEMAKE_MB,
    memory_mb,
    needs_like,
    step_megapixels,
)
from skerry.field.resources import minutes as minutes_of
from skerry.workflow.arguments import step_arguments
from skerry.workflow.one_run import be_the_only_run
from skerry.workflow.run import (
    COMMAND_PREFIX,
    check_limit,
    collect_garbage_rarely,
    use_this_environment,
)
from skerry.workflow.run_arguments import (
    makes_masks,
    runs_jobs,
    takes_results_anyway,
)


def or_exit(function, *arguments):
    """Call a function whose errors are for the user, not for a programmer."""
    try:
        return function(*arguments)
    except SkerryError as error:
        print(f"skerry: {error}", file=sys.stderr)
        sys.exit(2)


use_this_environment()
shell.prefix(COMMAND_PREFIX)
collect_garbage_rarely()
FIELD = or_exit(field_from_config, config, workflow.configfiles)
FIELD_YAML = file_of_config(config, workflow.configfiles)
PLAN = FIELD.plan
FILES = FIELD.files
GIVEN = frozenset(given_files(FIELD))
# As it is when the run is planned, which is before any job reads it.
STAMP_OF = functools.cache(file_stamp)
if PLAN.options_without_effect:
    names = ", ".join(PLAN.options_without_effect)
    logger.warning(
        f"skerry: warning: {names}: no effect, for what it belongs to is off"
    )

# In round k everything is made from the images of round k - 1. A target is what masks are made from: "mosaic", or
# a beam's image, as "beam00", or "beam00.own" where its mask is added to what the mosaic's has. Of channels with images of their
# own each is a beam, as "00-0003", and has a mosaic, "mosaic-0003".
ROUND = f"{FILES.directory}/round{{round}}"
TARGET = f"{ROUND}/{{target}}"
BEAM = f"{ROUND}/beam{{beam}}"
LOGS = f"{ROUND}/logs"
BENCHMARKS = f"{ROUND}/benchmarks"

# Jobs that follow each other on one target, or on one beam, are one job of a cluster. What does not wait for each other is
# not, for together it would ask for the cores of all: the beams of a mosaic, the scales of a beam.
CHAIN = "chain{round}"
CHAIN_OF_BEAM = "beam" if PLAN.on_mosaic else CHAIN

MOSAIC_THREADS = 4  # where there are as many cores

# What a step is told of its job's resources: all of the memory but what the Snakemakes of a cluster's job take.
LIMITS = f"--memory $(({{resources.mem_mb}} - {SNAKEMAKE_MB}))MB --threads {{threads}}"


wildcard_constraints:
    round=r"[1-9]\d*",
    target="|".join(map(re.escape, PLAN.targets)),
    beam="|".join(map(re.escape, FIELD.each_beam)),


@functools.cache
def check_inputs():
    """Check all given files when the first job asks for its own; once, for the jobs are thousands."""
    # A job on a cluster plans again, with this; the headers were looked at before it was submitted.
    or_exit(
        functools.partial(check_inputs_of, headers=workflow.is_main_process),
        FIELD,
        FIELD_YAML or "",
    )
    if workflow.is_main_process:
        or_exit(functools.partial(check_imager, warn=False), FIELD)
    if FIELD_YAML:
        or_exit(check_origin, FIELD, FIELD_YAML)
    asks_for_records = makes_masks(sys.argv) and not takes_results_anyway(sys.argv)
    if FIELD_YAML and workflow.is_main_process and asks_for_records:
        or_exit(check_records, FIELD, FIELD_YAML)
    if workflow.local_exec and not workflow.dryrun:
        or_exit(check_programs, FIELD)


if workflow.is_main_process and runs_jobs(sys.argv):
    # Of cores here, or of jobs of a cluster.
    or_exit(check_limit, workflow.resource_settings.cores)
    or_exit(check_limit, workflow.resource_settings.nodes)
    or_exit(be_the_only_run, FIELD)

if workflow.is_main_process and workflow.local_exec and not workflow.dryrun:
    if not FIELD.keep_steps:
        from skerry.cli.server import start_server

        start_server()


def round_of(wildcards):
    """Round of a job; the first of one that is for all."""
    return int(wildcards.get("round", 1))


def options_of(wildcards):
    return PLAN.options_for_round(round_of(wildcards))


def arguments(step):
    """Params of a rule: the options of its own step, or of the parts of a mask, so that no other option reruns it."""
    axes = "" if step == "noise" else MASK_AXES
    of_round = functools.cache(
        lambda k: step_arguments(step, PLAN.options_for_round(k), PLAN.single_steps(k))
    )
    return lambda wildcards: f"{of_round(int(wildcards.round))} {axes}".strip()


def beam_of_field(step):
    """Params of a rule: the restoring beam, where the field gives one and the step needs it."""
    return lambda wildcards: (
        beam_arguments(FILES.beam_path() or FIELD.beam)
        if step_needs_beam(step, options_of(wildcards))
        else ""
    )


def optional(flag, value):
    """A flag with its value, where there is one."""
    return f"{flag} {shlex.quote(str(value))}" if value else ""


MASK_AXES = optional("--axes", FIELD.mask_axes)


def optional_files(*names):
    """Params of a rule: those of its inputs, or outputs, that not every round has, by flags."""
    return lambda wildcards, input: " ".join(
        filter(None, (optional(f"--{name}", input.get(name)) for name in names))
    )


def preset_name(wildcards, input):
    """The preset that masks are to name. Of a function of `input` Snakemake does not ask whether it says another: so a
    preset of another name that sets the same reruns nothing."""
    return optional("--preset-name", PLAN.preset_for_round(int(wildcards.round)))


def rounds_in(rounds):
    """Regular expression of some rounds; of nothing if there are none."""
    return "|".join(map(str, rounds)) or "(?!)"


def rounds_with(step, *products):
    """Regular expression of the rounds in whose chain a step makes just these products, or whatever if none are named."""
    steps = {k: PLAN.step(k, step) for k in PLAN.masked_rounds}
    return rounds_in(
        k for k, found in steps.items() if found and products in ((), found.products)
    )


def inputs_of(step):
    """Input of a rule: what its step reads, given or made, by its arguments."""

    def files(wildcards):
        check_inputs()
        return FILES.step_inputs(int(wildcards.round), wildcards.target, step)

    return files


def names_in(files):
    """Files that a function of input gives: one, several, or several by their keys."""
    if isinstance(files, str):
        return [files]
    return files.values() if isinstance(files, dict) else files


def given_to(*inputs):
    """Params of a rule: which of the files that functions of its input name are given, as they are now. Snakemake itself asks
    no more than whether they are newer than what is made."""

    def stamps(wildcards):
        names = itertools.chain(*(names_in(files(wildcards)) for files in inputs))
        return " ".join(STAMP_OF(name) for name in names if name in GIVEN)

    return stamps


def beam_image(wildcards):
    """Image of a beam that the mask of this round is for: of the round before."""
    check_inputs()
    return FILES.image_path(int(wildcards.round) - 1, wildcards.beam)


def beam_to_extract_with(wildcards):
    """Image that has the restoring beam, if extract-beam needs it."""
    name = FILES.beam_path()
    return (
        [name]
        if name and step_needs_beam("extract-beam", options_of(wildcards))
        else []
    )


def own_mask(product):
    """Mask of a beam's own image that is added to what the mosaic's has, if one is."""

    def path(wildcards):
        return FILES.own_mask_path(int(wildcards.round), wildcards.beam, product) or []

    return path


def edit_inputs(product):
    """Input of a rule: the mask of a beam, the image that it is for, and what it is changed by, by their keys."""

    def files(wildcards):
        k, beam = int(wildcards.round), wildcards.beam
        mask = FILES.unedited_path(k, beam, product)
        return {"mask": mask, "image": beam_image(wildcards)} | FILES.edit_paths(
            k, beam
        )

    return files


def edit_arguments(wildcards, input):
    """Operations on a mask, in their order, by the inputs of a rule; other masks may lie on whatever grid."""
    given = {key: input[key] for key in EDITS if key in input.keys()}
    flags = [
        optional(f"--{EDITS[key].replace('_', '-')}", path)
        for key, path in given.items()
    ]
    masks = {"start_mask", "never_clean"} & given.keys()
    return " ".join([*flags, *(["--reproject"] if masks else [])])


def images_of_mosaic(wildcards):
    check_inputs()
    return FILES.images_of_mosaic(int(wildcards.round) - 1, wildcards.target)


def weights_of_mosaic(wildcards):
    return FILES.weight_paths(int(wildcards.round) - 1, wildcards.target)


def mask_of_mosaic(product):
    """Mask of the mosaic that a beam is taken out of."""
    return lambda wildcards: FILES.mosaic_mask_path(
        int(wildcards.round), wildcards.beam, product
    )


def seeds_or_mask(wildcards):
    """What snr-mask makes: the seeds of flood, if it follows, with the seed clip."""
    made = PLAN.step(int(wildcards.round), "snr-mask").products
    return "--seeds" if "seeds" in made else ""


def noise_grid(wildcards):
    """Params of a rule: the file that keeps the noise. It is no output, which Snakemake would remove before the job."""
    name = FILES.noise_grid_path(int(wildcards.round), wildcards.target)
    return optional("--noise-grid", name)


def scale_mask_output(wildcards, output):
    """Where a step writes the scale mask, if there is one."""
    return optional("--scale-output", output.get("scalemask"))


def results_of_field(wildcards):
    check_inputs()
    return list(FILES.results())


def files_of_field():
    """The YAML file of the field, and those that change keys of it, quoted."""
    files = [FIELD_YAML] if FIELD_FILE in config else workflow.configfiles
    return " ".join(shlex.quote(from_here(str(path))) for path in files)


def mosaic_arguments(wildcards, input):
    """How the beams are weighted: by weight images, or by a Gaussian primary beam; and by their noise, if asked for."""
    how = FIELD.mosaic
    by_noise = ["--noise-weights"] if how.noise_weights else []
    if input.get("weights"):
        weights = [optional("--weights", weight) for weight in input.weights]
        return " ".join([*weights, *by_noise])
    fwhm = optional("--primary-beam-fwhm", how.primary_beam_fwhm)
    cutoff = f"--primary-beam-cutoff {how.primary_beam_cutoff}"
    return " ".join([fwhm, cutoff, *by_noise])


def megapixels(step, wildcards):
    """Pixels of a step's images, not of its inputs: those that its chain has yet to make are not there when it is submitted."""
    beam = wildcards.get("beam")
    target = wildcards.get("target", f"beam{beam}")
    return step_megapixels(FIELD, step, round_of(wildcards), target)


def memory(step):
    """Memory in MB of the job of a step."""
    return lambda wildcards, attempt: memory_mb(
        needs_like(step, options_of(wildcards)), megapixels(step, wildcards), attempt
    )


def threads_for_target(wildcards):
    """Beams are many and take a core each; a mosaic is alone, and its beams wait for it."""
    return MOSAIC_THREADS if wildcards.target in PLAN.mosaics else 1


def minutes(step):
    """Time limit of the job of a step."""
    return lambda wildcards, attempt: minutes_of(
        needs_like(step, options_of(wildcards)), megapixels(step, wildcards), attempt
    )


def note_what_results_are_made_from(records):
    if FIELD_YAML:
        or_exit(functools.partial(note_origin, records=records), FIELD, FIELD_YAML)


def print_summary():
    from rich.console import Console
    from skerry.workflow.summary import summarise

    summarise(FIELD, Console())
