"""Samples, species sheets, snippets, the map, exports and the share card."""

import csv
import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.page.actions import CALL, File, choose, expect_maize
from tests.e2e.page.conftest import Open
from tests.e2e.page.test_accessibility import violations
from tests.support.running_stack import RunningStack

GPS, EXIF = 0x8825, 0x8769
PLACES = {"one.jpg": (37.3891, -5.9845), "two.jpg": (37.3952, -5.9790), "=three.jpg": (-33.45, -70.6667)}


def at_place(maize: Path, name: str, size: int = 224) -> File:
    """Return the photo as a phone writes it: with its place and time."""
    latitude, longitude = PLACES[name]
    exif = Image.Exif()
    exif.get_ifd(EXIF)[0x9003] = "2026:05:17 09:30:00"
    exif.get_ifd(GPS).update(
        {
            1: "S" if latitude < 0 else "N",
            2: dms(latitude),
            3: "W" if longitude < 0 else "E",
            4: dms(longitude),
        }
    )
    file = io.BytesIO()
    Image.open(maize).resize((size, size)).save(file, "JPEG", exif=exif, quality=95)
    return File(name=name, mimeType="image/jpeg", buffer=file.getvalue())


def dms(degrees: float) -> tuple[float, float, float]:
    whole, rest = divmod(abs(degrees) * 60, 60)
    return whole, float(int(rest)), round((rest - int(rest)) * 60, 4)


def answer_by(page: Page, **members: Any) -> None:
    def changed(route: Route) -> None:
        response = route.fetch()
        answer = response.json()
        confidences = members.pop("confidences", None)
        if confidences:
            for prediction, confidence in zip(answer["predictions"], confidences, strict=True):
                prediction["confidence"] = confidence
        route.fulfill(response=response, json={**answer, **members})

    page.route(CALL, changed, times=1)


def confuse_maize_with_wheat(page: Page) -> None:
    def changed(route: Route) -> None:
        response = route.fetch()
        answer = response.json()
        listed = {each["species"]: each for each in answer["species"]}
        listed["zea-mays"]["lookalikes"] = [{"species": "triticum-aestivum", "photos": 1}]
        listed["triticum-aestivum"]["metrics"]["precision"] = 0.9
        route.fulfill(response=response, json=answer)

    page.route("**/v1/species", changed)


def downloaded(page: Page, press: Callable[[], Any]) -> tuple[str, bytes]:
    with page.expect_download() as download:
        press()
    return download.value.suggested_filename, download.value.path().read_bytes()


def test_a_sample_is_answered_and_its_species_has_a_sheet(page: Page) -> None:
    confuse_maize_with_wheat(page)
    page.reload()
    expect(page.locator("#welcome .scope")).to_contain_text("12 species (3 crops, 9 weeds)")
    expect(page.locator("#welcome .scope")).to_contain_text("seedlings")
    page.get_by_role("button", name="Try sample photo 1").click()
    expect_maize(page)
    expect(page.get_by_role("img", name="Maize, a picture")).to_be_visible()
    expect(page.locator("#answer .scope")).to_be_hidden()
    expect(page.locator("#unlikely-title")).to_have_text("4 more, each under 1%")

    page.get_by_role("button", name="More about Maize").click()
    sheet = page.get_by_role("dialog", name="Maize")
    expect(sheet.locator("#sheet-photos img").filter(visible=True)).to_have_count(3)
    expect(sheet).to_contain_text("it was right on every test photo")
    expect(sheet.get_by_role("link", name="EPPO")).to_have_attribute(
        "href", "https://gd.eppo.int/taxon/ZEAMX"
    )
    expect(sheet.get_by_role("link", name="GBIF")).to_have_attribute(
        "href", "https://www.gbif.org/species/search?q=Zea%20mays"
    )
    sheet.get_by_role("button", name="Common wheat").click()
    wheat = page.get_by_role("dialog", name="Common wheat")
    expect(wheat).to_contain_text("right about 9 times in 10")
    assert violations(page, "sheet") == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="More about Maize")).to_be_focused()

    name, report = downloaded(page, page.locator("footer [data-report]").click)
    assert (name, report[:15]) == ("frond-model-report.html", b"<!doctype html>")


def test_candidates_have_pictures_and_a_taxon_and_a_refusal_names_the_scope(page: Page, maize: Path) -> None:
    taxon = {"rank": "family", "name": "Poaceae", "confidence": 0.97}
    answer_by(page, verdict="uncertain", taxon=taxon, confidences=[0.5, 0.3, 0.17, 0.02, 0.001])
    choose(page, maize)
    expect(page.locator("#taxon")).to_have_text("Sure of the family: Poaceae, 97%.")
    expect(page.locator("#candidates li")).to_have_count(4)
    expect(page.locator("#candidates img").filter(visible=True)).to_have_count(4)
    expect(page.locator("#unlikely li")).to_have_count(1)
    expect(page.locator("#answer .scope")).to_contain_text("12 species")
    assert violations(page, "candidates") == []
    page.locator("#answer .scope").get_by_role("button", name="See them").click()
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(12)


def test_snippets_run(page: Page, stack: RunningStack, maize: Path, tmp_path: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    name = 'it\'s "maize".jpg'
    (tmp_path / name).write_bytes(maize.read_bytes())
    choose(page, File(name=name, mimeType="image/jpeg", buffer=maize.read_bytes()))
    expect_maize(page)
    page.get_by_text("Send it from a program").click()

    def copied(kind: str) -> str:
        page.get_by_role("button", name=kind).click()
        expect(page.locator("#snippet-status")).to_contain_text("Copied")
        text = str(page.evaluate("navigator.clipboard.readText()"))
        assert stack.api_key not in text
        return text

    commands = [["sh", "-c", copied("curl")], [sys.executable, "-c", copied("Python")]]
    assert "openAsBlob" in copied("JavaScript")
    for command in commands:
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, "FROND_KEY": stack.api_key},
            capture_output=True,
            text=True,
            check=True,
        )
        assert "Zea mays" in done.stdout, shlex.join(command)


def test_a_walk_becomes_a_map_that_never_leaves_the_device(page: Page, maize: Path) -> None:
    sent: list[bytes] = []
    page.on(
        "request",
        lambda request: sent.append(request.post_data_buffer or b"") if request.method == "POST" else None,
    )
    for name in PLACES:
        page.locator("#tag").fill("walk-7" if name == "one.jpg" else "")
        choose(page, at_place(maize, name))
        expect_maize(page)
    assert len(sent) == 3
    for body in sent:
        exif = Image.open(io.BytesIO(body)).getexif()
        assert exif.get_ifd(EXIF)[0x9003] == "2026:05:17 09:30:00"
        assert dict(exif.get_ifd(GPS)) == {}
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_label("Which plant is it?").select_option(label="Charlock")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#thanks")).to_be_visible()
    page.context.set_offline(True)

    page.get_by_role("button", name="History").click()
    history = page.get_by_role("dialog", name="History")
    points, rows = history.locator("circle"), history.get_by_role("listitem")
    expect(history.get_by_role("img", name="Map with 3 places")).to_be_visible()
    expect(points).to_have_count(3)
    expect(rows.first).to_contain_text("Corrected")
    assert violations(page, "map") == []
    filters(history, rows)
    exported(page, history)

    history.get_by_label("Search by name").fill("one.jpg two")
    expect(rows).to_have_count(0)
    history.get_by_label("Search by name").fill("charlock")
    expect(points).to_have_count(1)
    points.click()
    expect(page.locator("#thanks-text")).to_have_text("Thank you. You said: Charlock.")
    page.context.set_offline(False)


def filters(history: Locator, rows: Locator) -> None:
    for label, choice, found in (
        ("Species", "Charlock", 1),
        ("Species", "Maize", 2),
        ("Answer", "Corrected", 1),
        ("Answer", "Identified", 3),
        ("Tag", "walk-7", 1),
    ):
        control = history.get_by_label(label, exact=True)
        control.select_option(label=choice)
        expect(rows).to_have_count(found)
        control.select_option(value="")
    expect(history.locator("#history-status")).to_have_text("3 in all")


def exported(page: Page, history: Locator) -> None:
    name, content = downloaded(page, history.get_by_role("button", name="Export as CSV").click)
    found = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert (name, len(found)) == ("frond-history.csv", 3)
    assert found[0]["photos"] == "'=three.jpg"
    assert (found[0]["corrected_species"], found[0]["tag"], found[2]["tag"]) == (
        "sinapis-arvensis",
        "",
        "walk-7",
    )
    assert [float(found[0][axis]) for axis in ("latitude", "longitude")] == pytest.approx(
        PLACES["=three.jpg"], abs=1e-5
    )

    name, content = downloaded(page, history.get_by_role("button", name="Export as GeoJSON").click)
    features = json.loads(content)["features"]
    assert name == "frond-history.geojson"
    assert features[2]["geometry"]["coordinates"] == pytest.approx(PLACES["one.jpg"][::-1], abs=1e-5)
    assert features[0]["properties"]["species"] == "zea-mays"


def test_the_answer_is_shared_as_a_picture(open_page: Open, stack: RunningStack, maize: Path) -> None:
    page = open_page()
    page.add_init_script(
        "navigator.canShare = ({files}) => Boolean(files) && !window.refuses;"
        "navigator.share = async ({files}) => { window.shared = files[0]; document.title = 'Shared'; };"
    )
    page.goto(f"{stack.api_url}/?fresh#key={stack.api_key}")
    choose(page, maize)
    expect_maize(page)
    page.get_by_role("button", name="Picture").click()
    expect(page).to_have_title("Shared")
    assert page.evaluate("[window.shared.name, window.shared.type]") == ["frond-zea-mays.jpg", "image/jpeg"]

    page.evaluate("window.refuses = true")
    name, jpeg = downloaded(page, page.get_by_role("button", name="Picture").click)
    card = Image.open(io.BytesIO(jpeg))
    assert (name, card.size) == ("frond-zea-mays.jpg", (1080, 1350))
    # The photo fills the top; below it the name is light on dark.
    photo = Image.open(maize).convert("RGB").resize((1, 1))
    top = card.crop((0, 0, 1080, 1010)).resize((1, 1))
    assert top.getpixel((0, 0)) == pytest.approx(photo.getpixel((0, 0)), abs=25)
    text = np.asarray(card.crop((60, 1040, 400, 1120)).convert("L"))
    assert (text.min() < 60, text.max() > 200) == (True, True)


def test_a_slow_upload_shows_its_progress_and_not_a_cold_start(page: Page, maize: Path) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 60_000}
    session.send("Network.emulateNetworkConditions", slow)
    photo = at_place(maize, "one.jpg", size=900)
    choose(page, photo)
    expect(page.locator("#progress-step")).to_contain_text("Sending the photo:")
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_text("Still on it")).to_be_hidden()
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    expect(page.locator("#answer")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_hidden()


def test_the_offline_notice_is_above_the_buttons(open_page: Open, stack: RunningStack, maize: Path) -> None:
    page = open_page(f"#key={stack.api_key}", viewport={"width": 360, "height": 640})
    choose(page, maize)
    expect_maize(page)
    page.context.set_offline(True)
    notice, button = page.locator("#offline"), page.get_by_role("button", name="Choose photo")
    expect(notice).to_be_in_viewport(ratio=1)
    above, below = notice.bounding_box(), button.bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"]
    page.context.set_offline(False)
