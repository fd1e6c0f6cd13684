"""Reports as a reader sees them: in a browser, which shows all pictures, sorts, opens and asks for nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from browser import Browser
from report_facts import absent, field_of, made, picture

from skerry.report.changes import Changes
from skerry.report.field_facts import FieldFacts, picture_sizes
from skerry.report.page import page_of

MOST_BYTES = 20_000_000
WIDTHS = "return [...document.querySelectorAll('.shot img')].map(i => i.naturalWidth)"
NOT_LOADED = (
    "return [...document.querySelectorAll('.shot img')].filter(i => !(i.complete && i.naturalWidth > 0)).length"
)
COLUMN = """
const heads = [...document.querySelectorAll('.sortable th')];
const n = heads.findIndex(h => h.querySelector('.name').textContent === arguments[0]);
return [...document.querySelectorAll('.sortable tbody tr')].map(r => r.cells[n].textContent.trim());
"""
CLICK_HEAD = """
[...document.querySelectorAll('.sortable th')].find(h => h.querySelector('.name').textContent === arguments[0])
  .querySelector('button').click();
"""
TITLE = "return document.getElementById('box').open ? document.getElementById('box-title').textContent : null"


def opened(browser: Browser, directory: Path, field: FieldFacts) -> Path:
    """Open the page of a field."""
    path = directory / "report.html"
    path.write_text(page_of(field), encoding="utf-8")
    browser.open(path)
    return path


def small_field() -> FieldFacts:
    """Two rounds of a mosaic and of three beams, one of them missing, whose numbers are not in the order of text."""
    first = [made(1, "mosaic"), made(1, "2", islands=9, flux=2.0), made(1, "10", islands=100), absent(1, "1")]
    changes = Changes(kept=2, gained=1, lost=4)
    second = [made(2, "mosaic"), *(made(2, name, islands=20, changes=changes) for name in ("2", "10", "1"))]
    return field_of(first, second)


def test_a_report_loads_without_an_error_and_shows_every_picture_and_fetches_nothing(browser, tmp_path):
    path = opened(browser, tmp_path, small_field())
    assert browser.waits_for(f"return (() => {{ {NOT_LOADED} }})() === 0")
    assert browser.ask(WIDTHS) == [12] * 7
    assert browser.errors() == []
    assert browser.fetched() == [path.resolve().as_uri()]


def test_the_browser_refuses_what_a_page_is_not_to_do(browser, tmp_path):
    opened(browser, tmp_path, small_field())
    browser.ask(
        "const i = new Image(); i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i);"
        "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s);"
    )
    assert browser.ask("return window.ran") is None
    assert browser.waits_for("return [...document.images].at(-1).complete")
    assert ["Content Security Policy" in error for error in browser.errors()] == [True, True]


@pytest.mark.parametrize(
    ("column", "up"),
    [
        ("islands", ["3", "3", "9", "20", "20", "20", "100", "\u2013"]),
        ("beam", ["1", "1", "2", "2", "10", "10", "mosaic", "mosaic"]),
        ("lost", ["4", "4", "4", *(["\u2013"] * 5)]),
    ],
)
def test_a_click_on_a_heading_sorts_and_another_one_turns_the_order_round_with_what_is_missing_last(
    browser, tmp_path, column, up
):
    opened(browser, tmp_path, small_field())
    before = browser.ask(COLUMN, column)
    assert before != up
    browser.ask(CLICK_HEAD, column)
    assert browser.ask(COLUMN, column) == up
    browser.ask(CLICK_HEAD, column)
    known = [value for value in up if value != "\u2013"]
    assert browser.ask(COLUMN, column) == known[::-1] + ["\u2013"] * (len(up) - len(known))


def test_a_heading_says_how_its_table_is_sorted_and_is_reached_by_the_keyboard(browser, tmp_path):
    opened(browser, tmp_path, small_field())
    browser.ask("document.querySelectorAll('.sort')[2].focus()")
    browser.press("\ue007")
    sorts = "return [...document.querySelectorAll('.sortable th')].map(h => h.getAttribute('aria-sort'))"
    assert browser.ask(sorts)[:4] == ["none", "none", "ascending", "none"]
    browser.press("\ue00d")
    assert browser.ask(sorts)[:4] == ["none", "none", "descending", "none"]


def test_the_table_can_be_that_of_one_round(browser, tmp_path):
    opened(browser, tmp_path, small_field())
    browser.ask("const s = document.getElementById('only'); s.value = '2'; s.dispatchEvent(new Event('change'))")
    shown = "return [...document.querySelectorAll('.sortable tbody tr')].filter(r => r.offsetHeight).length"
    assert browser.ask(shown) == 4


def test_a_click_on_a_beam_opens_its_picture_and_keys_go_on_and_close_it(browser, tmp_path):
    opened(browser, tmp_path, small_field())
    assert browser.ask(TITLE) is None
    browser.find("#picture-1-beam10").click()
    assert browser.ask(TITLE) == "round 1 beam 10"
    assert browser.waits_for("return document.getElementById('box-image').naturalWidth === 12")
    assert "100 islands" in browser.ask("return document.getElementById('box-caption').textContent")
    for key, title in (("\ue013", "round 2 beam 10"), ("\ue014", "round 2 beam 1"), ("\ue015", "round 2 beam 1")):
        browser.press(key)  # up: the next round, right: the next beam, down: that has no picture in round 1
        assert browser.ask(TITLE) == title
    browser.press("\ue00c")
    assert browser.ask(TITLE) is None


def test_a_name_in_the_table_opens_its_picture(browser, tmp_path):
    opened(browser, tmp_path, small_field())
    browser.find("[data-opens='picture-2-beam10']").click()
    assert browser.ask(TITLE) == "round 2 beam 10"
    browser.find("[data-do='close']").click()
    assert browser.ask("return document.querySelectorAll('[data-opens=\"picture-1-beam1\"]').length") == 0


def test_a_picture_is_enlarged_by_keys_buttons_and_the_wheel_and_fits_again(browser, tmp_path):
    opened(browser, tmp_path, small_field())
    browser.find("#picture-1-beam10").click()
    width = "return document.getElementById('box-image').getBoundingClientRect().width"
    assert browser.waits_for("return document.getElementById('box-image').naturalWidth === 12")
    assert browser.waits_for(f"return (() => {{ {width} }})() > 100")
    fits = browser.ask(width)
    browser.press("+")
    assert browser.ask(width) == pytest.approx(1.5 * fits)
    browser.find("[data-do='out']").click()
    assert browser.ask(width) == pytest.approx(fits)
    browser.ask("document.querySelector('.stage').dispatchEvent(new WheelEvent('wheel', {deltaY: -400}))")
    assert browser.ask(width) == pytest.approx(2.718282 * fits, rel=1e-3)
    browser.press("0")
    assert browser.ask(width) == pytest.approx(fits)


def test_names_that_look_like_html_are_shown_as_they_are(browser, tmp_path):
    evil = "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'>\"'&"
    field = field_of([made(1, evil), absent(1, "01", evil)], name=evil)
    path = opened(browser, tmp_path, replace(field, yaml=evil, directory=evil))
    assert browser.ask("return window.ran") is None
    assert browser.texts("h1") == [f"Masks of {evil}"]
    assert browser.texts(".open") == [evil]
    browser.find(".open").click()
    assert browser.ask(TITLE) == f"round 1 beam {evil}"
    assert browser.errors() == []
    assert browser.fetched() == [path.resolve().as_uri()]


def test_a_page_is_no_wider_than_a_telephone(browser, tmp_path):
    opened(browser, tmp_path, small_field())
    size = {"width": 400, "height": 850, "deviceScaleFactor": 1, "mobile": False}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        assert browser.ask("return [innerWidth, document.documentElement.scrollWidth <= innerWidth]") == [400, True]
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def large_field(rounds: int, beams: int) -> FieldFacts:
    """A field whose pictures are of nothing but noise, and as large as they get."""
    of_mosaic, of_beam = picture_sizes(rounds, rounds * beams)
    mosaic, beam = picture(of_mosaic), picture(of_beam)
    targets = [
        [made(k, "mosaic", picture=mosaic), *(made(k, f"{n:03d}", picture=beam) for n in range(beams))]
        for k in range(1, rounds + 1)
    ]
    return field_of(*targets)


@pytest.mark.parametrize(("rounds", "beams"), [(4, 36), (3, 540)])
def test_a_report_of_many_beams_is_bounded_in_size_and_shows_all_of_them(browser, tmp_path, rounds, beams):
    path = opened(browser, tmp_path, large_field(rounds, beams))
    assert path.stat().st_size < MOST_BYTES
    assert browser.waits_for(f"return (() => {{ {NOT_LOADED} }})() === 0")
    assert len(browser.ask(WIDTHS)) == rounds * (beams + 1)
    assert browser.errors() == []
