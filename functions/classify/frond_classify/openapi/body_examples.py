"""Examples of responses and request bodies."""

from typing import Any

from pydantic import BaseModel

from frond_classify.schemas.classification import (
    ClassificationListResponse,
    ClassificationResponse,
    FeedbackRequest,
)
from frond_classify.schemas.model import HealthResponse, ModelResponse, SpeciesEntry, SpeciesListResponse
from frond_classify.schemas.uploads import PresignedPost, UploadRequest
from frond_classify.schemas.usage import UsageResponse

EXAMPLE_REQUEST = "5f0b7f3e-8a43-4d3c-9d7e-0c9d3c1f7a52"
_ID = "2f08c053-4949-4ac1-a64e-97ad1b7ce956"
EXAMPLE_VERSION = "2026.11.28-64b5e8e6"


EXAMPLE_PREDICTIONS: list[dict[str, Any]] = [
    {
        "species": "zea-mays",
        "scientific_name": "Zea mays",
        "common_name": "Maize",
        "role": "crop",
        "confidence": 0.994364,
    },
    {
        "species": "alopecurus-myosuroides",
        "scientific_name": "Alopecurus myosuroides",
        "common_name": "Black-grass",
        "role": "weed",
        "confidence": 0.00112,
    },
]
_PHOTO: dict[str, Any] = {"width": 224, "height": 224, "format": "JPEG", "issues": []}
_TAXON: dict[str, Any] = {"rank": "species", "name": "Zea mays", "confidence": 0.994364}
_CLASSIFICATION: dict[str, Any] = {
    "id": _ID,
    "status": "succeeded",
    "verdict": "identified",
    "taxon": _TAXON,
    "predictions": EXAMPLE_PREDICTIONS,
    "image": _PHOTO,
    "images": [
        {
            **_PHOTO,
            "verdict": "identified",
            "taxon": _TAXON,
            "predictions": EXAMPLE_PREDICTIONS,
            "evidence": None,
        }
    ],
    "evidence": None,
    "model": {"version": EXAMPLE_VERSION},
    "error": None,
    "timings_ms": {"decode": 2.0, "inference": 22.1, "total": 35.5},
    "detections": None,
    "detector": None,
    "source": {"door": "http", "key": None},
    "owner": "k1l2m3n4o5",
    "tag": None,
    "feedback": None,
    "created_at": "2026-11-22T20:39:11.734391Z",
}
_SPECIES: dict[str, Any] = {
    "species": "triticum-aestivum",
    "scientific_name": "Triticum aestivum",
    "common_name": "Common wheat",
    "common_names": {"en": "Common wheat", "es": "Trigo blando", "fr": "Blé tendre"},
    "family": "Poaceae",
    "role": "crop",
    "eppo_code": "TRZAX",
    "metrics": {
        "precision": 0.9655,
        "precision_interval": (0.8224, 0.9991),
        "recall": 0.9333,
        "recall_interval": (0.7793, 0.9918),
        "photos": 30,
    },
    "lookalikes": [{"species": "alopecurus-myosuroides", "photos": 3}],
}
_MODEL: dict[str, Any] = {
    "version": EXAMPLE_VERSION,
    "source": "stable",
    "since": "2026-11-28T18:50:11.696025Z",
    "created_at": "2026-11-28T18:38:46.090258Z",
    "input": {"size": 224, "fit": "cover", "filter": "bilinear", "colour": "srgb"},
    "species": 12,
    "scope": {
        "species": 12,
        "crops": 3,
        "weeds": 9,
        "families": [
            "Amaranthaceae",
            "Asteraceae",
            "Brassicaceae",
            "Caryophyllaceae",
            "Geraniaceae",
            "Poaceae",
            "Rubiaceae",
        ],
        "growth_stage": "seedling",
        "link": "/v1/species",
    },
    "dataset": {
        "name": "seedlings",
        "fingerprint": "ce26484f795864980dd62808b4fb67960d570b73fdcd7bf7155dbc0d32977678",
        "test_fingerprint": "a75d35818e8cc489f5526d8117812b0637997757fe62a7cfb2194bc74eb52f40",
        "photos": {"train": 3103, "validation": 666, "test": 662},
        "licence": "CC BY-SA 4.0",
        "attribution": "Plant Seedlings V2, Giselsson et al. 2017 (arXiv:1711.05458), Computer Vision and "
        "Biosystems Signal Processing Group, Aarhus University",
    },
    "metrics": {"split": "test", "photos": 662},
    "agreement": {"photos": 666.0},
}

EXAMPLES: dict[type[BaseModel], dict[str, Any]] = {
    ClassificationResponse: _CLASSIFICATION,
    ClassificationListResponse: {"classifications": [_CLASSIFICATION], "next_cursor": None},
    PresignedPost: {
        "id": "d6b9fae6c975be8f1468d4e285c0c448",
        "url": "https://s3.eu-west-1.amazonaws.com/frond-dev-uploads",
        "fields": {
            "key": "owners/k1l2m3n4o5/api/0b7d2b1f6c0e4a5f9d8c7b6a59483726",
            "Content-Type": "image/jpeg",
            "policy": "eyJl…",
        },
        "expires_at": "2026-11-22T08:25:43Z",
    },
    UsageResponse: {
        "limit": 10000,
        "used": 412,
        "remaining": 9588,
        "resets_at": "2026-11-23T00:00:00Z",
        "requests_per_second": 20.0,
        "burst": 40,
    },
    SpeciesListResponse: {"species": [_SPECIES]},
    SpeciesEntry: _SPECIES,
    ModelResponse: _MODEL,
    HealthResponse: {"status": "ok", "model": {"version": EXAMPLE_VERSION}},
    FeedbackRequest: {"species": "zea-mays", "comment": "Two leaves, eight days old", "consent": True},
    UploadRequest: {"content_type": "image/jpeg", "size": 3_145_728, "tag": "walk-7"},
}
