"""The page of a report, and writing it: what is in its tables, one file that is whole, and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
import yaml
from report_facts import absent, field_of, made

from skerry.cli import main
from skerry.errors import SkerryError
from skerry.field.config import load_field
from skerry.report.changes import Changes
from skerry.report.field_facts import FieldFacts
from skerry.report.page import caption_of, charts_of, page_of
from skerry.report.tables import Table, mask_table, round_table, scales_of
from skerry.report.write import write_report

KEYS = {"field": "F", "beams": ["00"], "rounds": 1, "source": "beam", "images": "b{beam}.{round}.fits"}


def texts(table: Table) -> list[dict[str, str]]:
    names = [column.name for column in table.columns]
    return [dict(zip(names, [cell.text for cell in row.cells], strict=True)) for row in table.rows]


def two_rounds() -> FieldFacts:
    changes = Changes(kept=2, gained=1, lost=0)
    first = [made(1, "mosaic", islands=5, flux=0.25), made(1, "00", noise=2e-4), absent(1, "01")]
    second = [made(2, "mosaic", islands=7, flux=0.5, changes=changes), made(2, "00", changes=changes), made(2, "01")]
    return field_of(first, second)


def test_the_table_of_masks_has_a_row_for_each_with_its_numbers_in_the_unit_of_the_column():
    field = two_rounds()
    table = mask_table(field, scales_of(field))
    rows = texts(table)
    assert [(row["round"], row["beam"]) for row in rows] == [(k, b) for k in "12" for b in ("mosaic", "00", "01")]
    assert [(column.name, column.unit) for column in table.columns[3:6]] == [
        ("masked", "%"),
        ("noise", "\u00b5Jy/beam"),
        ("flux", "mJy"),
    ]
    assert (rows[1]["islands"], rows[1]["masked"], rows[1]["noise"]) == ("3", "1.000", "200")
    assert (rows[0]["flux"], rows[0]["seed clip"], rows[0]["kept"]) == ("250", "5 \u03c3", "")
    assert (rows[4]["kept"], rows[4]["gained"], rows[4]["lost"]) == ("2", "1", "0")
    assert rows[2] | {"round": "", "beam": ""} == dict.fromkeys(rows[2], "") | {"look at": "no mask"}


def test_the_table_of_rounds_counts_what_is_made_and_what_changed_in_the_mosaic():
    field = two_rounds()
    first, second = texts(round_table(field, scales_of(field)))
    assert (first["masks made"], second["masks made"]) == ("1 of 2", "2 of 2")
    assert (first["islands of the mosaic"], first["islands of the beams"], first["kept"]) == ("5", "3", "")
    assert (second["kept"], second["gained"], second["flux"], second["noise"]) == ("2", "1", "500", "100")


def test_a_single_beam_is_plotted_by_round_and_several_by_beam():
    single = field_of([made(1, "00")], [made(2, "00", islands=5)])
    by, charts = charts_of(single, scales_of(single))
    assert by == "round"
    assert [mark.label for mark in charts[0].lines[0].marks] == ["1, beam 00: 3", "2, beam 00: 5"]
    by, charts = charts_of(two_rounds(), scales_of(two_rounds()))
    assert by == "beam"
    assert [chart.title for chart in charts] == ["Islands", "Masked, %", "Noise, \u00b5Jy/beam", "Flux, mJy"]
    assert [len(line.marks) for line in charts[0].lines] == [1, 2]


def test_the_caption_of_a_picture_tells_its_numbers():
    field = two_rounds()
    assert caption_of(field.rounds[1].beams[0], scales_of(field)) == (
        "3 islands, 1 % masked; noise 100 \u00b5Jy/beam; flux 500 mJy; "
        "2 kept, 1 gained, 0 lost since the round before; "
        "seed clip 5 sigma; 12 x 12 pixels"
    )


def test_a_page_names_no_address_and_allows_its_own_style_and_script_alone():
    page = page_of(two_rounds())
    assert re.findall(r"(?:https?|ftp|file|wss?)://|//\w|url\(|@import", re.sub(r"// .*|base64,[^\"]*", "", page)) == []
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in page
    assert not re.search(r"\s(?:style|on\w+)=", page)


def test_every_picture_has_a_text_in_its_place_and_every_button_a_name():
    page = page_of(two_rounds())
    pictures = re.findall(r"<img (?!id)[^>]*>", page)
    assert len(pictures) == 5
    assert all(re.search(r'alt="round \d [^"]+"', picture) for picture in pictures)
    assert all(
        "aria-label" in tag or text for tag, text in re.findall(r"<button([^>]*)>([^<]*)", page) if "sort" not in tag
    )


def test_a_page_without_pictures_has_the_rest():
    page = page_of(two_rounds(), has_pictures=False)
    assert "base64" not in page
    assert 'data-opens="' not in page
    assert 'id="masks"' in page


def yaml_in(directory: Path, **changes: object) -> Path:
    path = directory / "field.yaml"
    path.write_text(yaml.safe_dump(KEYS | changes))
    return path


def test_a_report_is_written_beside_the_rounds_and_replaced_only_if_asked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = yaml_in(tmp_path)
    assert main(["report", str(path)]) == 0
    page = tmp_path / "results" / "F" / "report.html"
    out, err = capsys.readouterr()
    assert out == f"{page.relative_to(tmp_path)}\n"
    assert re.fullmatch(r"skerry: report of F: [\d.]+ s\n", err)
    assert "Masks of F" in page.read_text()
    assert main(["report", str(path)]) == 2
    assert "report.html: exists; give --overwrite to replace it" in capsys.readouterr().err
    assert main(["report", str(path), "--overwrite", "-o", str(page)]) == 0


def test_a_report_is_not_written_under_the_name_of_another_format(tmp_path):
    with pytest.raises(SkerryError, match=r"page\.pdf: is no HTML file by its name; name it page\.html"):
        write_report(load_field(yaml_in(tmp_path)), tmp_path / "field.yaml", tmp_path / "page.pdf")
    assert not (tmp_path / "page.pdf").exists()


def test_pictures_are_written_as_files_if_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("skerry.report.write.gather_field", lambda *_: two_rounds())
    field, output = load_field(yaml_in(tmp_path)), tmp_path / "page.html"
    written = write_report(field, tmp_path / "field.yaml", output, pictures=tmp_path / "pictures")
    assert written == [output, tmp_path / "pictures"]
    names = sorted(path.name for path in (tmp_path / "pictures").iterdir())
    assert names == [f"round{name}.png" for name in ("1.beam00", "1.mosaic", "2.beam00", "2.beam01", "2.mosaic")]
    with pytest.raises(SkerryError, match="exists"):
        write_report(field, tmp_path / "field.yaml", tmp_path / "other.html", pictures=tmp_path / "pictures")


def test_pictures_replace_nothing_but_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr("skerry.report.write.gather_field", lambda *_: two_rounds())
    field, yaml, pictures = load_field(yaml_in(tmp_path)), tmp_path / "field.yaml", tmp_path / "pictures"

    def write(output, directory=pictures):
        return write_report(field, yaml, tmp_path / output, pictures=directory, overwrite=True)

    for _ in range(2):  # its own are replaced
        write("page.html")
    (pictures / "notes.txt").write_text("mine")
    with pytest.raises(SkerryError, match=r"pictures: holds notes\.txt, which is no picture of a report"):
        write("page.html")
    with pytest.raises(SkerryError, match="is a file where a directory is to be written"):
        write("page.html", pictures / "notes.txt")
    (pictures / "notes.txt").unlink()
    with pytest.raises(SkerryError, match="would lie in"):
        write("pictures/page.html")
    assert len(list(pictures.iterdir())) == 5


def test_further_files_change_keys_of_a_field(tmp_path):
    more = tmp_path / "more.yaml"
    more.write_text("rounds: 2\nmasking: {flood_fill_positive_seed_clip: 6}\n")
    path = yaml_in(tmp_path, masking={"flood_fill_positive_flood_clip": 2})
    field = load_field(path, more)
    assert field.rounds == 2
    options = field.masking
    assert (options.flood_fill_positive_seed_clip, options.flood_fill_positive_flood_clip) == (6, 2)
