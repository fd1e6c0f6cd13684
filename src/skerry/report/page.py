"""The page of a report: one file of HTML with its style, its script and its pictures, which asks for nothing else.

A policy in its head forbids a browser to load or to run anything but these, and all text is escaped by the template.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from skerry.report.charts import Chart, chart_of
from skerry.report.field_facts import FieldFacts, RoundFacts
from skerry.report.notices import Notice, notices_of, target_in_words
from skerry.report.settings import Setting, Settings, settings_of
from skerry.report.tables import Scales, flag_of, id_of, mask_table, round_table, scales_of
from skerry.report.target_facts import TargetFacts

__all__ = ["caption_of", "charts_of", "page_of"]

_DIRECTORY = Path(__file__).parent / "page"
_MOST_NAMES = 8


class _Shot(NamedTuple):
    """A picture on the page, and what is said of it."""

    id: str
    round: int
    target: str
    title: str
    name: str
    short: str
    caption: str
    alt: str
    source: str
    width: int
    height: int
    flag: str
    is_marked: bool


def page_of(field: FieldFacts, *, has_pictures: bool = True) -> str:
    """Page of a field.

    Parameters
    ----------
    field : FieldFacts
        The field.
    has_pictures : bool
        Whether the pictures are in it.

    Returns
    -------
    str
        HTML.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(autoescape=True, loader=FileSystemLoader(_DIRECTORY), undefined=StrictUndefined)
    scales = scales_of(field)
    style, script = ((_DIRECTORY / f"report.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    by, charts = charts_of(field, scales)
    return environment.get_template("report.html.jinja").render(
        field=field,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        overview=_overview(field),
        notices=[_shown_notice(notice, field) for notice in notices_of(field)],
        summary=round_table(field, scales),
        table=mask_table(field, scales, has_pictures=has_pictures),
        has_pictures=has_pictures,
        caption_of_table=_caption_of_table(field),
        by=by,
        charts=charts,
        legend=max((chart.lines for chart in charts), key=len, default=()),
        sections=[_section(of_round, scales) for of_round in field.rounds],
        settings=_shown_settings(settings_of(field)),
    )


def charts_of(field: FieldFacts, scales: Scales) -> tuple[str, list[Chart]]:
    """Plots of islands, masked fraction, noise and flux.

    Parameters
    ----------
    field : FieldFacts
        The field.
    scales : Scales
        Units of noise and flux.

    Returns
    -------
    by : str
        "beam", with a line for each round; of a single beam "round".
    charts : list of Chart
        The four.
    """
    targets = [of_round.beams for of_round in field.rounds]
    names = [beam.target for beam in targets[0]] if targets else []
    rounds = [f"round {of_round.round}" for of_round in field.rounds]
    by = "beam"
    if len(names) == 1:
        by, names, rounds = "round", [str(of_round.round) for of_round in field.rounds], [f"beam {names[0]}"]
        targets = [tuple(of_round[0] for of_round in targets)]
    wanted: tuple[tuple[str, Callable[[TargetFacts], float | None], float], ...] = (
        ("Islands", lambda one: one.islands, 1.0),
        ("Masked, %", lambda one: one.fraction, 0.01),
        (_titled("Noise", scales.noise.unit), lambda one: one.noise, scales.noise.factor),
        (_titled("Flux", scales.flux.unit), lambda one: one.flux, scales.flux.factor),
    )
    values = [[[_scaled(of(one), factor) for one in line] for line in targets] for _, of, factor in wanted]
    return by, [chart_of(title, names, rounds, lines) for (title, *_), lines in zip(wanted, values, strict=True)]


def caption_of(target: TargetFacts, scales: Scales) -> str:
    """What is to be said of the mask of a target, in a line."""
    if target.islands is None:
        return target.problem or "no mask"
    share = "" if target.fraction is None else f", {100 * target.fraction:.3g} % masked"
    parts = [f"{target.islands} island{'s' * (target.islands != 1)}{share}"]
    if target.noise is not None:
        parts.append(f"noise {scales.noise.shown(target.noise)} {scales.noise.unit}".rstrip())
    if target.flux is not None:
        parts.append(f"flux {scales.flux.shown(target.flux)} {scales.flux.unit}")
    if target.changes is not None:
        kept, gained, lost = target.changes
        parts.append(f"{kept} kept, {gained} gained, {lost} lost since the round before")
    if target.seed_clip is not None:
        flood = "" if target.flood_clip is None else f", flood clip {target.flood_clip:.3g}"
        parts.append(f"seed clip {target.seed_clip:.3g}{flood} {target.clip_unit}".rstrip())
    if target.size is not None:
        planes = f" x {target.planes} planes" if target.planes > 1 else ""
        parts.append(f"{target.size[0]} x {target.size[1]} pixels{planes}")
    return "; ".join(parts)


def _shot(target: TargetFacts, scales: Scales) -> _Shot:
    width, height = (0, 0) if target.picture is None else _png_size(target.picture)
    title = target_in_words(target)
    short = "" if target.islands is None else f"{target.islands} island{'s' * (target.islands != 1)}"
    if target.changes is not None and (target.changes.gained or target.changes.lost):
        short += f", +{target.changes.gained} \u2212{target.changes.lost}"
    flag = flag_of(target)
    return _Shot(
        id=id_of(target),
        round=target.round,
        target=target.key,
        title=title,
        name=target.target.capitalize() if target.is_mosaic else target.target,
        short=short,
        caption="; ".join(filter(None, (caption_of(target, scales), flag))),
        alt=f"{title}: {caption_of(target, scales)}",
        source="" if target.picture is None else _data_uri(target.picture),
        width=width,
        height=height,
        flag=flag,
        is_marked=bool(flag),
    )


def _section(of_round: RoundFacts, scales: Scales) -> dict[str, Any]:
    k = of_round.round
    caption = (
        f"Images of round {k - 1}, grey, with the outlines of the masks for round {k}, red; pale blue is where "
        "there is no image. A click opens a picture; in it wheel, + and - zoom, arrows go to other beams and rounds."
    )
    return {
        "round": k,
        "caption": caption,
        "mosaics": [_shot(mosaic, scales) for mosaic in of_round.mosaics],
        "beams": [_shot(beam, scales) for beam in of_round.beams],
    }


def _overview(field: FieldFacts) -> str:
    rounds, beams = len(field.rounds), len(field.rounds[0].beams) if field.rounds else 0
    made = sum(beam.islands is not None for of_round in field.rounds for beam in of_round.beams)
    return (
        f"{beams} beam{'s' * (beams != 1)}, {rounds} round{'s' * (rounds != 1)} with masks: "
        f"{made} of {beams * rounds} masks are made."
    )


def _caption_of_table(field: FieldFacts) -> str:
    targets = [target for of_round in field.rounds for target in of_round.targets if target.noise is not None]
    kept = {target.noise_is_kept for target in targets}
    robust = "1.4826 times the median deviation of the image's pixels"
    noise = {
        frozenset([True]): "Noise is the median of what the run measured for the mask.",
        frozenset([False]): f"Noise is {robust}.",
        frozenset([True, False]): f"Noise is the median of what the run measured for a mask, or else {robust}.",
    }
    return f"{noise.get(frozenset(kept), '')} Flux is that of the masked pixels.".strip()


def _shown_notice(notice: Notice, field: FieldFacts) -> dict[str, Any]:
    several = len(notice.targets) > 1
    differ = len(set(notice.texts)) > 1
    words = [target_in_words(target) for target in notice.targets]
    each = [f"{word}: {text}" for word, text in zip(words, notice.texts, strict=True)] if several and differ else []
    where = _where(notice.targets, field)
    return {"kind": notice.kind, "text": notice.text, "where": where, "each": each}


def _where(targets: Sequence[TargetFacts], field: FieldFacts) -> str:
    """Which masks, in words: by rounds, with the first of many beams."""
    found = []
    for of_round in field.rounds:
        those = [one for one in targets if one.round == of_round.round]
        if not those:
            continue
        if len(those) == len(of_round.targets) > 1:
            found.append(f"round {of_round.round}, all {len(those)}")
            continue
        beams = [one.target for one in those if not one.is_mosaic]
        mosaics = [one.target for one in those if one.is_mosaic]
        words = [_some(mosaics)] if mosaics else []
        if beams:
            words.append(f"beam{'s' * (len(beams) > 1)} {_some(beams)}")
        found.append(f"round {of_round.round} {', '.join(words)}")
    return "; ".join(found)


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _shown_settings(settings: Settings) -> dict[str, Any]:
    versions = tuple(", ".join(version) or None for version in settings.versions)
    first = [Setting("skerry", "version", versions), Setting("skerry", "preset", settings.presets)]
    first += [option for option in settings.options if option.changes]
    others = [
        f"Round {k}: the mask{'s' * (len(names) > 1)} of {_some(names)} {'were' if len(names) > 1 else 'was'} made "
        "with other steps or options than the others, which the table shows."
        for k, names in settings.others.items()
    ]
    rest = [option for option in settings.options if not option.changes]
    if len(settings.rounds) == 1:
        first, rest = [*first, *rest], []
    return {"rounds": settings.rounds, "first": first, "rest": rest, "others": others}


def _titled(name: str, unit: str) -> str:
    return f"{name}, {unit}" if unit else name


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value / factor


def _hash(text: str) -> str:
    """What a policy calls a style or a script by; the template gives it as it is."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _png_size(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", png[16:24])
    return width, height
