"""Reports of the workflow: when they are made and made again, and Snakemake's own report in a browser."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from browser import Browser
from conftest import radio_header, write_fits
from workflow_runs import alter, configure, run, run_once, sky, snakemake

KEYS = {
    "field": "F",
    "beams": ["00", "01"],
    "rounds": 2,
    "source": "mosaic",
    "mosaic": "mosaic{round}.fits",
    "images": "b{beam}.{round}.fits",
    "report": True,
    "output": "out",
}
PICTURES = {f"round{k}.{target}.png" for k in (1, 2) for target in ("mosaic", "beam00", "beam01")}


def write_field(directory: Path) -> None:
    """A field of two rounds with a mosaic that is given."""
    for k in (0, 1):
        for name, seed in ((f"mosaic{k}", k), (f"b00.{k}", 10 + k), (f"b01.{k}", 20 + k)):
            image = sky(seed)
            write_fits(directory / f"{name}.fits", image, radio_header(image.shape))
    configure(directory, KEYS)


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That field, run, and Snakemake's report of it as snakemake.html."""

    def write(directory: Path) -> None:
        write_field(directory)
        run(directory)
        snakemake(directory, "--report", "snakemake.html")

    return run_once(tmp_path_factory, "reported", write)


def test_a_run_ends_with_a_page_and_a_picture_of_each_mask(reported):
    directory = reported / "out" / "F" / "report"
    page = (directory / "field.html").read_text()
    assert "4 of 4 masks are made" in page
    assert {path.name for path in (directory / "pictures").glob("*.png")} == PICTURES


def test_a_report_is_made_again_when_an_image_changes_and_not_otherwise(reported, tmp_path):
    directory = shutil.copytree(reported, tmp_path / "field")
    assert "Nothing to be done" in snakemake(directory, "--dry-run")
    alter(directory / "b01.1.fits")
    assert "rule report:" in snakemake(directory, "--dry-run")


def test_without_the_key_a_report_is_made_only_if_it_is_asked_for(tmp_path):
    write_field(tmp_path)
    configure(tmp_path, KEYS | {"report": False})
    assert "rule report:" not in snakemake(tmp_path, "--dry-run")
    assert "rule report:" in snakemake(tmp_path, "--dry-run", "report")


def test_keys_that_further_files_change_count_for_the_report(tmp_path):
    write_field(tmp_path)
    (tmp_path / "more.yaml").write_text("output: elsewhere\n")
    snakemake(tmp_path, "more.yaml", "--cores", "2")
    page = (tmp_path / "elsewhere" / "F" / "report" / "field.html").read_text()
    assert "4 of 4 masks are made" in page


def click(browser: Browser, text: str) -> None:
    """Click on what a reader sees of a text, once it is there."""
    path = f"//*[normalize-space(text())='{text}']"
    seen = "return document.evaluate(arguments[0], document, null, 9, null).singleNodeValue !== null"
    assert browser.waits_for(seen.replace("arguments[0]", json.dumps(path)))
    [found, *_] = [one for one in browser.driver.find_elements("xpath", path) if one.is_displayed()]
    found.click()


def test_the_report_of_snakemake_shows_captions_pictures_and_the_page_and_fetches_nothing(browser, reported):
    path = reported / "snakemake.html"
    browser.open(path)
    results = browser.ask("return Object.fromEntries(Object.values(results).map(one => [one.name, one.caption]))")
    assert set(results) == PICTURES | {"field.html"}
    assert "Warnings first" in results["field.html"]
    assert "mask for round 2 was made for" in results["round2.beam01.png"]
    assert "beam01" in results["round2.beam01.png"]
    click(browser, "Pictures")
    click(browser, "Round 2")
    browser.find("table tr:last-child a").click()
    assert browser.waits_for(
        "return [...document.querySelectorAll('#app img')].some(i => i.naturalWidth === 48 && i.naturalHeight === 48)"
    )
    click(browser, "Results")
    click(browser, "Masks")
    browser.find("table tr:last-child a").click()
    assert browser.waits_for("return document.querySelector('#app iframe') !== null")
    browser.driver.switch_to.frame(browser.find("#app iframe"))
    assert browser.texts("h1") == ["Masks of F"]
    islands = "return [...document.querySelectorAll('.sortable tbody tr')].map(r => Number(r.cells[2].dataset.v))"
    browser.ask("document.querySelectorAll('.sort')[2].click()")
    assert browser.ask(islands) == sorted(browser.ask(islands))
    assert browser.ask("return document.querySelectorAll('.sortable th')[2].ariaSort") == "ascending"
    browser.driver.switch_to.default_content()
    assert browser.errors() == []
    assert browser.fetched() == [path.resolve().as_uri()]
