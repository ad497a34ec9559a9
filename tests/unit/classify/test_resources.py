"""The other resources: species, model, health, the page, the documentation, and unknown paths."""

import base64
import hashlib
import io
import json
import re
from urllib.parse import urljoin

import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.support.lambda_context import FakeLambdaContext
from tests.unit.classify.conftest import Call

MODEL = ROOT / "functions" / "classify" / "model"


def test_every_species_of_the_model_is_listed(call: Call) -> None:
    species = call("GET", "/v1/species", query={"lang": "fr"}).json["species"]

    assert len(species) == 12
    assert species[0]["species"] == "alopecurus-myosuroides"
    assert {s["common_name"] for s in species} >= {"Maïs", "Betterave sucrière"}
    assert {s["role"] for s in species} == {"crop", "weed"}


def test_every_species_has_a_photo(call: Call) -> None:
    for species in call("GET", "/v1/species").json["species"]:
        path = f"/v1/species/{species['species']}/photo"
        reply = call("GET", path, headers={"accept": "image/jpeg"})
        assert (reply.status, reply.headers["Content-Type"]) == (200, "image/jpeg")
        assert 112 <= Image.open(io.BytesIO(base64.b64decode(reply.body))).width <= 224
        again = call("GET", path, headers={"accept": "image/jpeg", "if-none-match": reply.headers["ETag"]})
        assert again.status == 304


def test_a_species_has_three_photos(call: Call) -> None:
    def photo(number: str) -> str:
        path = f"/v1/species/zea-mays/photo{number}"
        return str(call("GET", path, headers={"accept": "image/jpeg"}).body)

    assert photo("s/1") == photo("")
    assert len({photo("s/1"), photo("s/2"), photo("s/3")}) == 3
    for number in ("0", "4", "01", "one", "-1"):
        reply = call("GET", f"/v1/species/zea-mays/photos/{number}", headers={"accept": "image/jpeg"})
        assert reply.problem == "no-picture"


def test_a_species_has_its_measured_quality_and_lookalikes(call: Call) -> None:
    listed = {each["species"]: each for each in call("GET", "/v1/species").json["species"]}
    black_grass = listed["alopecurus-myosuroides"]

    report = json.loads((MODEL / "report" / "metrics.json").read_text(encoding="utf-8"))
    measured = report["species"]["alopecurus-myosuroides"]
    assert black_grass["metrics"] == {
        "precision": measured["precision"],
        "precision_interval": [measured["precision_low"], measured["precision_high"]],
        "recall": measured["recall"],
        "recall_interval": [measured["recall_low"], measured["recall_high"]],
        "photos": measured["support"],
    }
    slugs = list(report["species"])
    one, other = slugs.index("alopecurus-myosuroides"), slugs.index("apera-spica-venti")
    confused = report["confusion"][one][other] + report["confusion"][other][one]
    assert black_grass["lookalikes"][0] == {"species": "apera-spica-venti", "photos": confused}
    assert listed["sinapis-arvensis"]["lookalikes"] == []


def test_the_report_is_one_html_document(call: Call) -> None:
    reply = call("GET", "/v1/model/report")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert reply.body.startswith("<!doctype html>")
    assert call("GET", "/v1/model/report", headers={"if-none-match": reply.headers["ETag"]}).status == 304


def test_a_browser_that_prefers_another_format_gets_the_photo(call: Call) -> None:
    accepts = {"accept": "image/avif,image/webp,image/apng,image/*,*/*;q=0.8"}
    assert call("GET", "/v1/species/zea-mays/photo", headers=accepts).status == 200


@pytest.mark.parametrize("slug", ["rosa-canina", "..", "%2e%2e", "zea-mays.jpg"])
def test_an_unknown_species_has_no_photo(call: Call, slug: str) -> None:
    reply = call("GET", f"/v1/species/{slug}/photo", headers={"accept": "image/jpeg"})
    assert reply.problem in {"no-picture", "unknown-path"}


@pytest.mark.parametrize("accept", [None, "*/*", "application/json, image/jpeg"])
def test_a_client_that_would_get_base64_is_rejected(call: Call, accept: str | None) -> None:
    headers = {"accept": accept} if accept else {}
    assert call("GET", "/v1/species/zea-mays/photo", headers=headers).problem == "not-acceptable"


def test_the_model_is_described(call: Call) -> None:
    model = call("GET", "/v1/model").json

    assert re.fullmatch(r"\d{4}\.\d\d\.\d\d-[0-9a-f]{8}", model["version"])
    assert model["species"] == 12
    assert model["scope"] == {
        "species": 12,
        "crops": 3,
        "weeds": 9,
        "families": sorted({each["family"] for each in call("GET", "/v1/species").json["species"]}),
        "growth_stage": "seedling",
        "link": "/v1/species",
    }
    assert model["dataset"]["licence"] == "CC BY-SA 4.0"
    assert model["metrics"]["split"] == "test"


def test_health_returns_the_loaded_model(call: Call) -> None:
    health = call("GET", "/v1/health").json

    assert health == {"status": "ok", "model": {"version": call("GET", "/v1/model").json["version"]}}


def test_the_page_is_one_response_and_its_policy_allows_nothing_else(call: Call) -> None:
    reply = call("GET", "/")

    assert reply.headers["Content-Type"].startswith("text/html")
    policy = reply.headers["Content-Security-Policy"]
    for tag, directive in (("style", "style-src"), ('script type="module"', "script-src")):
        blocks = re.findall(rf"<{tag}>(.*?)</{tag.split()[0]}>", reply.body, re.DOTALL)
        assert blocks
        digests = (base64.b64encode(hashlib.sha256(block.encode()).digest()).decode() for block in blocks)
        hashes = " ".join(f"'sha256-{digest}'" for digest in digests)
        assert f"{directive} {hashes};" in policy
    assert reply.body.count("<script") == 1
    assert not re.search(r'<(script|link)[^>]+(src|href)="[^"]+\.(js|css)"', reply.body)


def test_static_files_can_be_cached_and_revalidated(call: Call) -> None:
    for name in ("manifest.webmanifest", "service-worker.js", "icon.svg", "apple-touch-icon.png"):
        reply = call("GET", f"/static/{name}", headers={"accept": "image/png"})
        assert reply.status == 200
        assert reply.headers["Cache-Control"]
        again = call(
            "GET", f"/static/{name}", headers={"accept": "image/png", "if-none-match": reply.headers["ETag"]}
        )
        assert (again.status, again.body) == (304, "")


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("icon-192.png", 192),
        ("icon-512.png", 512),
        ("icon-maskable-512.png", 512),
        ("apple-touch-icon.png", 180),
    ],
)
def test_icons_are_png_files_of_their_size(call: Call, name: str, side: int) -> None:
    reply = call("GET", f"/static/{name}", headers={"accept": "image/png,*/*"})

    assert reply.headers["Content-Type"] == "image/png"
    icon = Image.open(io.BytesIO(base64.b64decode(reply.body)))
    assert (icon.format, icon.size) == ("PNG", (side, side))
    assert call("GET", f"/static/{name}", headers={"accept": "*/*"}).problem == "not-acceptable"


def test_the_manifest_contains_its_icons(call: Call) -> None:
    icons = json.loads(call("GET", "/static/manifest.webmanifest").body)["icons"]

    pictures = [icon for icon in icons if icon["type"] == "image/png"]
    assert {(icon["sizes"], icon["purpose"]) for icon in pictures} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in pictures:
        content = base64.b64decode(icon["src"].removeprefix("data:image/png;base64,"))
        side = int(icon["sizes"].split("x")[0])
        assert Image.open(io.BytesIO(content)).size == (side, side)


def test_the_service_worker_controls_the_page_and_changes_with_it(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from frond_classify.routes import page

    reply = call("GET", "/static/service-worker.js")
    assert reply.headers["Service-Worker-Allowed"] == "../"
    assert "{{version}}" not in reply.body

    monkeypatch.setattr(page, "_uploads", lambda: "https://elsewhere.example")
    changed = call("GET", "/static/service-worker.js")
    assert changed.body != reply.body
    assert changed.headers["ETag"] != reply.headers["ETag"]


@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        "page.js",
        "locales/en.js",
        "worker.js",
        "..",
        "%2e%2e",
        "../api.py",
        "%2e%2e%2fapi.py",
        "",
    ],
)
def test_other_files_are_not_served(call: Call, name: str) -> None:
    assert call("GET", f"/static/{name}").problem == "unknown-path"


def test_the_openapi_document_has_every_path(call: Call) -> None:
    contract = call("GET", "/openapi.json").json

    assert contract["openapi"].startswith("3.1")
    assert set(contract["paths"]) == {
        "/v1/classifications",
        "/v1/classifications/{identifier}",
        "/v1/classifications/{identifier}/feedback",
        "/v1/uploads",
        "/v1/detections",
        "/v1/usage",
        "/v1/species",
        "/v1/species/{species}/photo",
        "/v1/species/{species}/photos/{number}",
        "/v1/model",
        "/v1/model/report",
        "/v1/health",
    }
    post = contract["paths"]["/v1/classifications"]["post"]
    assert {"image/jpeg", "image/heic", "multipart/form-data"} <= set(post["requestBody"]["content"])
    assert {"200", "400", "413", "415", "422"} <= set(post["responses"])
    bad_photos = contract["components"]["responses"][post["responses"]["422"]["$ref"].split("/")[-1]]
    assert set(bad_photos["content"]["application/problem+json"]["examples"]) == {
        "unsupported-format", "unreadable-photo", "too-many-pixels", "too-complex",
        "idempotency-key-reused"
    }  # fmt: skip


@pytest.mark.parametrize(("stage", "base"), [("", "/"), ("/prod", "/prod")])
def test_the_openapi_document_has_the_base_path(call: Call, stage: str, base: str) -> None:
    assert call("GET", "/openapi.json", stage=stage).json["servers"] == [{"url": base}]


@pytest.mark.parametrize("stage", ["", "/prod"])
def test_the_documentation_page_is_small_and_its_files_are_loaded_once(call: Call, stage: str) -> None:
    reply = call("GET", "/docs", stage=stage)

    assert reply.status == 200
    assert len(reply.body) < 2000
    assert f'"url": "{stage}/openapi.json"' in reply.body
    files = re.findall(r'<(?:script|link)[^>]+(?:src|href)="([^"]+)"', reply.body)
    assert len(files) == 2
    for file in files:
        assert file.startswith(f"{stage}/docs/swagger-ui")
        found = call("GET", file.removeprefix(stage))
        assert found.status == 200
        assert found.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert call("GET", file.removeprefix(stage).replace(".", ".0", 1)).problem == "unknown-path"


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/static/manifest.webmanifest"])
def test_what_needs_no_key_is_sent_once_to_a_client_that_keeps_it(call: Call, path: str) -> None:
    reply = call("GET", path)
    again = call("GET", path, headers={"if-none-match": f"W/{reply.headers['ETag']}"})
    assert (again.status, again.body) == (304, "")
    assert again.headers["Cache-Control"] == reply.headers["Cache-Control"] == "no-cache"


def test_a_stage_without_a_slash_is_redirected_to_the_page(call: Call) -> None:
    from frond_classify import api

    event = json.loads((ROOT / "events" / "api-health.json").read_text())
    event |= {"path": "/", "resource": "/", "requestContext": {**event["requestContext"], "path": "/dev"}}
    response = api.handler(event, FakeLambdaContext("classify"))
    location = response["multiValueHeaders"]["Location"][0]
    assert (response["statusCode"], urljoin("https://frond.example/dev", location)) == (
        308,
        "https://frond.example/dev/",
    )


def test_a_base_url_with_a_slash_at_its_end_works(call: Call) -> None:
    assert call("GET", "//v1/species").status == 200


@pytest.mark.parametrize("path", ["/v2", "/v1", "/v1/classification", "/v1/species/zea-mays", "/.env"])
def test_unknown_paths(call: Call, path: str) -> None:
    reply = call("GET", path)

    assert (reply.status, reply.problem) == (404, "unknown-path")


@pytest.mark.parametrize("identifier", ['"', "`", "\\", "€", "a?b", "#", "\x01", "%2F", "%00", " "])
def test_any_identifier_is_looked_up(call: Call, identifier: str) -> None:
    path = f"/v1/classifications/{identifier}"
    assert call("GET", path).problem == "unknown-classification"
    assert call("PUT", f"{path}/feedback", b"{}", "application/json", binary=False).status in {400, 404}
    photo = call("GET", f"/v1/species/{identifier}/photo", headers={"accept": "image/jpeg"})
    assert photo.problem == "no-picture"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/uploads/", "POST"),
        ("POST", '/v1/classifications/"', "DELETE, GET, HEAD"),
        ("PUT", "/v1/classifications", "GET, HEAD, POST"),
        ("POST", "/v1/classifications/an-id", "DELETE, GET, HEAD"),
        ("GET", "/v1/classifications/an-id/feedback", "PUT"),
        ("GET", "/v1/uploads", "POST"),
        ("POST", "/v1/species", "GET, HEAD"),
        ("PATCH", "/v1/health", "GET, HEAD"),
        ("POST", "/", "GET, HEAD"),
        ("POST", "/static/icon.svg", "GET, HEAD"),
    ],
)
def test_an_unsupported_method_is_a_405_with_the_supported_ones(
    call: Call, method: str, path: str, allow: str
) -> None:
    reply = call(method, path)

    assert (reply.status, reply.problem) == (405, "method-not-allowed")
    assert reply.headers["Allow"] == allow


@pytest.mark.parametrize(
    "path", ["/v1/model", "/v1/health", "/", "/docs", "/openapi.json", "/static/icon-192.png"]
)
def test_head_is_get_without_a_body(call: Call, path: str) -> None:
    accept = {"accept": "image/png"}
    full, head = call("GET", path, headers=accept), call("HEAD", path, headers=accept)

    assert (head.status, head.body) == (200, "")
    assert full.body
    for name in ("Content-Type", "ETag", "Cache-Control"):
        assert head.headers.get(name) == full.headers.get(name)


def test_head_is_refused_where_get_is(call: Call) -> None:
    reply = call("HEAD", "/v1/uploads")
    assert (reply.status, reply.headers["Allow"], reply.body) == (405, "POST", "")


@pytest.mark.parametrize(
    ("method", "path", "query", "detail"),
    [
        ("GET", "/v1/species", {"language": "fr"}, "language. This call takes lang."),
        ("GET", "/v1/model", {"lang": "fr"}, "lang. This call takes none."),
        ("POST", "/v1/classifications", {"topp": "1", "top": "2"}, "topp. This call takes explain, lang,"),
        ("GET", "/v1/species/zea-mays/photo", {"size": "1"}, "size. This call takes none."),
        ("DELETE", "/v1/classifications/an-id", {"force": "1"}, "force. This call takes none."),
    ],
)
def test_an_unknown_query_parameter_is_refused(
    call: Call, method: str, path: str, query: dict[str, str], detail: str
) -> None:
    reply = call(method, path, query=query)
    assert (reply.status, reply.problem) == (400, "invalid-request")
    assert detail in reply.json["detail"]


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json"])
def test_a_page_takes_any_query(call: Call, path: str) -> None:
    assert call("GET", path, query={"utm_source": "letter"}).status == 200
