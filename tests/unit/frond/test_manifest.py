"""Manifest: verification of a model's bytes, and parsing."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from frond.manifest import (
    MANIFEST_NAME,
    Manifest,
    SpeciesLabel,
    parse_manifest,
    read_manifest,
    slugify,
    version_of,
)
from frond.problems import InvalidModel
from tests.support.tiny_model import manifest_of

# Valid but for a score that the layer does not serve.
THRESHOLDS = {"not_recognised_below": 1, "uncertain_below": 0.5, "acceptance": 0.95}
MODEL = b"these are the bytes of a model"


@pytest.fixture
def manifest() -> Manifest:
    return manifest_of(MODEL)


def test_the_right_bytes_pass(manifest: Manifest) -> None:
    manifest.verify(MODEL)


@pytest.mark.parametrize("model", [b"", MODEL[:-1], MODEL + b"\0", MODEL.upper()])
def test_any_other_bytes_are_refused(manifest: Manifest, model: bytes) -> None:
    with pytest.raises(InvalidModel, match="does not match"):
        manifest.verify(model)


def test_a_wrong_size_is_refused(manifest: Manifest) -> None:
    wrong = manifest.model_copy(update={"file": manifest.file.model_copy(update={"size": len(MODEL) + 1})})
    with pytest.raises(InvalidModel, match="does not match"):
        wrong.verify(MODEL)


def test_a_version_is_a_date_and_the_start_of_the_hash() -> None:
    # printf 'these are the bytes of a model' | sha256sum
    version = version_of(MODEL, datetime(2026, 3, 9, 23, 59, tzinfo=UTC))
    assert version == f"2026.03.09-{manifest_of(MODEL).file.sha256[:8]}"


class TestReading:
    def write(self, folder: Path, manifest: Manifest, **changes: Any) -> None:
        document = {**manifest.model_dump(mode="json"), **changes}
        (folder / MANIFEST_NAME).write_text(json.dumps(document), encoding="utf-8")

    def test_a_written_manifest_is_read(self, tmp_path: Path, manifest: Manifest) -> None:
        (tmp_path / MANIFEST_NAME).write_text(manifest.model_dump_json(), encoding="utf-8")
        assert read_manifest(tmp_path) == manifest

    def test_no_manifest(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidModel, match="no readable manifest"):
            read_manifest(tmp_path)

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"format_version": 2}'])
    def test_not_a_manifest(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / MANIFEST_NAME).write_bytes(content)
        with pytest.raises(InvalidModel, match="not a manifest"):
            read_manifest(tmp_path)

    @pytest.mark.parametrize(
        "changes",
        [
            {"format_version": 3},
            {"format_version": "later"},
            {"version": "latest"},
            {"labels": []},
            {"temperature": 0},
            {"abstention": {"score": {"name": "energy"}, **THRESHOLDS}},
            {"file": {"sha256": "abc", "size": 1}},
            {"input": {"size": 160, "fit": "squash"}},
            {"a_member_of_a_later_format": 1},
        ],
        ids=lambda changes: next(iter(changes)),
    )
    def test_a_manifest_of_another_format(
        self, tmp_path: Path, manifest: Manifest, changes: dict[str, Any]
    ) -> None:
        self.write(tmp_path, manifest, **changes)
        with pytest.raises(InvalidModel, match=next(iter(changes))):
            read_manifest(tmp_path)

    def test_a_manifest_with_format_1_thresholds(self, tmp_path: Path, manifest: Manifest) -> None:
        abstention = {"not_recognised_below": 1.65, "uncertain_below": 0.5, "acceptance": 0.95}
        self.write(tmp_path, manifest, format_version=1, abstention=abstention)
        with pytest.raises(InvalidModel, match=r"format_version 1 .* reads 2; export the model again"):
            read_manifest(tmp_path)

    def test_bytes_from_another_source_are_parsed(self, manifest: Manifest) -> None:
        assert parse_manifest(manifest.model_dump_json().encode(), "s3://models/one") == manifest
        with pytest.raises(InvalidModel, match="s3://models/one is not a manifest"):
            parse_manifest(b"{", "s3://models/one")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Zea mays", "zea-mays"),
        ("  Zea   mays\t", "zea-mays"),
        ("Apera spica-venti", "apera-spica-venti"),
        ("Shepherd's purse", "shepherd-s-purse"),
        ("Loose__Silky_bent", "loose-silky-bent"),
        ("Loose - _ bent", "loose-bent"),
        ("Mentha × piperita", "mentha-piperita"),
        ("Chénopode blanc", "chénopode-blanc"),
        ("Che\u0301nopode blanc", "chénopode-blanc"),
        ("Weißklee", "weissklee"),
        ("玉米", "玉米"),
        ("Кукуруза (сахарная)", "кукуруза-сахарная"),
        ('"Apple" \\ Golden/1', "apple-golden-1"),
        ("...", ""),
        ("", ""),
    ],
)
def test_a_name_becomes_a_slug(name: str, slug: str) -> None:
    assert slugify(name) == slug
    if slug:
        assert SpeciesLabel(slug=slug, scientific_name=name).slug == slugify(slug)


@pytest.mark.parametrize("slug", ["", "-", "zea mays", "zea--mays", "zea-mays-", "../zea"])
def test_an_invalid_slug_is_refused(slug: str) -> None:
    with pytest.raises(ValidationError):
        SpeciesLabel(slug=slug, scientific_name="Zea mays")


@pytest.mark.parametrize("code", ["", "ZEA", "zeamx", "ZEAMX1X", "ZEAM-"])
def test_an_invalid_eppo_code_is_refused(code: str) -> None:
    with pytest.raises(ValidationError, match="eppo_code"):
        SpeciesLabel(slug="zea-mays", scientific_name="Zea mays", eppo_code=code)
