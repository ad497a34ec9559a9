"""Classifiers and detectors in one registry, each in channels of its own."""

from pathlib import Path

import pytest

from frond.manifest import MODEL_NAME
from frond.problems import InvalidModel
from frond.registry import Registry, RegistryError
from tests.support.tiny_detector import detector_folder
from tests.support.tiny_registry import ALICE, publish


def test_each_task_has_its_own_channels(registry: Registry, tmp_path: Path) -> None:
    classifier = publish(registry, tmp_path)
    folder, manifest = detector_folder(tmp_path / "detector")
    assert registry.versions.publish(manifest, {MODEL_NAME: folder / MODEL_NAME})
    assert not registry.versions.publish(manifest, {MODEL_NAME: folder / MODEL_NAME})
    channels = registry.channels

    channels.advance(channels.pointer("stable"), classifier, ALICE)
    channels.advance(channels.pointer("detection-stable"), manifest.version, ALICE)

    assert channels.pointer("stable").version == classifier
    assert channels.pointer("detection-stable").version == manifest.version
    assert registry.versions.detection_manifest(manifest.version) == manifest
    with pytest.raises(RegistryError, match="is a model for detection; candidate points at"):
        channels.advance(channels.pointer("candidate"), manifest.version, ALICE)
    with pytest.raises(RegistryError, match="is a model for classification; detection-candidate points at"):
        channels.advance(channels.pointer("detection-candidate"), classifier, ALICE)
    with pytest.raises(InvalidModel, match="a model for detection, not for classification"):
        registry.versions.manifest(manifest.version)
