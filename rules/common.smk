# What the rules share: the field, the names of its products, and which rule makes which of them in a round.
import functools
import re
import shlex
import sys

import skerry
from skerry.config.mask_steps import has_scale_mask, last_step, steps_of
from skerry.errors import SkerryError
from skerry.field.config import field_from_config
from skerry.field.imager import data_stamp
from skerry.field.resources import SNAKEMAKE_MB, memory_mb, step_megapixels
from skerry.field.resources import minutes as minutes_of
from skerry.workflow.arguments import step_arguments
from skerry.workflow.run import collect_garbage_rarely, use_this_environment


def or_exit(function, *arguments):
    """Call a function whose errors are for the user, not for a programmer."""
    try:
        return function(*arguments)
    except SkerryError as error:
        print(f"skerry: {error}", file=sys.stderr)
        sys.exit(2)


use_this_environment()
collect_garbage_rarely()
FIELD = or_exit(field_from_config, config, workflow.configfiles)
if FIELD.options_without_effect:
    names = ", ".join(FIELD.options_without_effect)
    logger.warning(
        f"skerry: warning: {names}: no effect, for what it belongs to is off"
    )

# In round k everything is made from the images of round k - 1. A target is what masks are made from: "mosaic", or
# a beam's image, as "beam00".
ROUND = f"{FIELD.directory}/round{{round}}"
TARGET = f"{ROUND}/{{target}}"
BEAM = f"{ROUND}/beam{{beam}}"
LOGS = f"{ROUND}/logs"
BENCHMARKS = f"{ROUND}/benchmarks"

# Jobs that follow each other on one target, or on one beam, are one job of a cluster. What does not wait for each other is
# not, for together it would ask for the cores of all: the beams of a mosaic, the scales of a beam.
CHAIN = "chain"
CHAIN_OF_BEAM = "beam" if FIELD.source == "mosaic" else CHAIN

MOSAIC_THREADS = 4  # where there are as many cores

# What a step is told of its job's resources: all of the memory but what the Snakemakes of a cluster's job take.
LIMITS = f"--memory $(({{resources.mem_mb}} - {SNAKEMAKE_MB}))MB --threads {{threads}}"


wildcard_constraints:
    round=r"[1-9]\d*",
    target="|".join(map(re.escape, FIELD.targets)),
    beam="|".join(map(re.escape, FIELD.beams)),


@functools.cache
def check_inputs():
    """Check all given files when the first job asks for its own; once, for the jobs are thousands."""
    or_exit(FIELD.check_inputs)


def options_of(wildcards):
    return FIELD.options_for_round(int(wildcards.round))


def arguments(step):
    """Params of a rule: the options of its own step, so that no other option reruns it."""
    of_round = functools.cache(
        lambda k: step_arguments(step, FIELD.options_for_round(k))
    )
    return lambda wildcards: of_round(int(wildcards.round))


def optional(flag, value):
    """A flag with its value, where there is one."""
    return f"{flag} {shlex.quote(str(value))}" if value else ""


def rounds_in(rounds):
    """Regular expression of some rounds; of nothing if there are none."""
    return "|".join(map(str, rounds)) or "(?!)"


def rounds_where(wanted):
    """Regular expression of the masked rounds whose options fulfil a condition."""
    return rounds_in(
        k for k in FIELD.masked_rounds if wanted(FIELD.options_for_round(k))
    )


def ends_with(step, scales=None):
    """Condition that a step makes the mask, with or without a scale mask if that matters."""
    return lambda options: last_step(options) == step and scales in (
        None,
        has_scale_mask(options),
    )


def goes_on_after(step):
    """Condition that a step makes islands, which another one makes a mask of."""

    def condition(options):
        steps = steps_of(options)
        return step in steps[:-1] and not (step == "snr-mask" and "flood" in steps)

    return condition


def beam_image(wildcards):
    """Image of a beam that the mask of this round is for: of the round before."""
    check_inputs()
    return FIELD.image_path(wildcards.beam, int(wildcards.round) - 1)


def beam_images(wildcards):
    check_inputs()
    return [FIELD.image_path(beam, int(wildcards.round) - 1) for beam in FIELD.beams]


def target_image(wildcards):
    """Image that a mask is made from: the mosaic, given or made, or the beam's."""
    check_inputs()
    image_round = int(wildcards.round) - 1
    if FIELD.source == "beam":
        return FIELD.image_path(wildcards.target.removeprefix("beam"), image_round)
    return FIELD.mosaic_path(image_round) or f"{TARGET}.image.fits"


def signal_inputs(wildcards):
    """The image and its noise maps, given or made."""
    image_round = int(wildcards.round) - 1
    inputs = {"image": target_image(wildcards)}
    if FIELD.rms is None:
        return {**inputs, "rms": f"{TARGET}.rms.fits", "bkg": f"{TARGET}.bkg.fits"}
    given = {
        kind: FIELD.noise_path(kind, wildcards.target, image_round)
        for kind in ("rms", "bkg")
    }
    return inputs | {kind: path for kind, path in given.items() if path}


def flood_inputs(wildcards):
    """Signal and seeds; with the minimum absolute clip the image, and the signal if islands of low S/N want it."""
    options = options_of(wildcards)
    if not options.uses_mac:
        return {"image": f"{TARGET}.signal.fits", "seeds": f"{TARGET}.seeds.fits"}
    signal = {"signal": f"{TARGET}.signal.fits"} if options.clips_signal else {}
    return {"image": target_image(wildcards)} | signal


def seeds_or_mask(wildcards):
    """What snr-mask makes: the seeds of flood, if it follows, with the seed clip."""
    return "--seeds" if options_of(wildcards).flood_fill else ""


def flood_files(wildcards, input):
    """Those inputs of flood that are given by flags."""
    flags = (optional(f"--{name}", input.get(name)) for name in ("seeds", "signal"))
    return " ".join(filter(None, flags))


def erode_inputs(wildcards):
    """Islands; and the signal, if the rims of bright sources are taken off by it."""
    takes_off_rims = options_of(wildcards).takes_off_rims
    signal = {"signal": f"{TARGET}.signal.fits"} if takes_off_rims else {}
    return {"islands": f"{TARGET}.islands.fits"} | signal


def erode_files(wildcards, input):
    """The signal, if erode is given it."""
    return optional("--signal", input.get("signal"))


def scale_mask_output(wildcards, output):
    """Where erode writes the scale mask, if there is one."""
    return optional("--scale-output", output.get("scalemask"))


def results_of_field(wildcards):
    """Every mask, and scale mask, of every beam in every round that gets masks; and the last images, if they are made."""
    check_inputs()
    results = [
        FIELD.image_path(beam, k)
        for k in FIELD.imaged_rounds[-1:]
        for beam in FIELD.beams
    ]
    for k in FIELD.masked_rounds:
        options = FIELD.options_for_round(k)
        products = ["mask"]
        if has_scale_mask(options):
            scales = options.beam_shape_erode_scales if FIELD.split_scales else ()
            products += ["scalemask", *(f"scale{scale}.mask" for scale in scales)]
        results += [
            FIELD.mask_path(k, beam, product)
            for product in products
            for beam in FIELD.beams
        ]
    return results


def mosaic_arguments(wildcards, input):
    """How the beams are weighted: by weight images, or by a Gaussian primary beam."""
    if input.get("weights"):
        return " ".join(optional("--weights", weight) for weight in input.weights)
    how = FIELD.mosaic
    return f"{optional('--primary-beam-fwhm', how.primary_beam_fwhm)} --primary-beam-cutoff {how.primary_beam_cutoff}"


def megapixels(step, wildcards):
    """Pixels of a step's images, not of its inputs: those that its chain has yet to make are not there when it is submitted."""
    beam = wildcards.get("beam")
    target = wildcards.get("target", f"beam{beam}" if beam else "mosaic")
    return step_megapixels(FIELD, step, int(wildcards.round), target)


def memory(step):
    """Memory in MB of the job of a step."""
    return lambda wildcards, attempt: memory_mb(
        step, megapixels(step, wildcards), attempt
    )


def threads_for_target(wildcards):
    """Beams are many and take a core each; a mosaic is alone, and its beams wait for it."""
    return MOSAIC_THREADS if wildcards.target == "mosaic" else 1


def minutes(step):
    """Time limit of the job of a step."""
    return lambda wildcards, attempt: minutes_of(
        step, megapixels(step, wildcards), attempt
    )


def print_summary():
    from rich.console import Console
    from skerry.workflow.summary import summarise

    summarise(FIELD, Console())
