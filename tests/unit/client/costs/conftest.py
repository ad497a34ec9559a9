"""A price list and measurements with round numbers, to calculate with by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from frond_client.costs.measurements import Measurements
from frond_client.costs.prices import PriceList

# Dollars, and the free quantity. Compute costs 0.00002 a GB-second, a fifth less on arm64.
ROUND = {
    "lambda_gb_second_x86_64": (0.00002, 400_000),
    "lambda_gb_second_arm64": (0.000016, 400_000),
    "lambda_provisioned_gb_second_x86_64": (0.000004, 0),
    "lambda_provisioned_gb_second_arm64": (0.0000032, 0),
    "lambda_request": (0.0000002, 1_000_000),
    "api_request": (0.000004, 0),
    "data_out_gb": (0.1, 100),
    "s3_put": (0.000005, 0),
    "s3_get": (0.0000005, 0),
    "s3_gb_month": (0.02, 0),
    "sqs_request": (0.0000005, 1_000_000),
    "dynamodb_write": (0.000001, 0),
    "dynamodb_read": (0.0000002, 0),
    "dynamodb_gb_month": (0.25, 25),
    "dynamodb_backup_gb_month": (0.2, 0),
    "eventbridge_event": (0.000001, 0),
    "logs_gb": (0.5, 5),
    "metric_month": (0.3, 10),
    "alarm_metric_month": (0.1, 10),
    "dashboard_month": (3, 3),
    "xray_trace": (0.000005, 100_000),
    "waf_acl_month": (5, 0),
    "waf_rule_month": (1, 0),
    "waf_request": (0.0000005, 0),
    "kms_key_month": (1, 0),
    "ecr_gb_month": (0.1, 0),
    "emr_vcpu_hour": (0.05, 0),
    "emr_gb_hour": (0.005, 0),
}
GIGABYTE = 2**30
MEASURED: dict[str, Any] = {
    "occasion": {
        "date": "2026-01-02",
        "machine": "a small machine",
        "architecture": "x86_64",
        "python": "3.13.0",
        "load": [0.0, 0.1],
        "rounds": 3,
    },
    "photos": {
        kind: {
            "width": 400,
            "height": 300,
            "bytes": 2**20,
            "answer": 2**10,
            "http_record": 1500,
            "s3_record": 2000,
            "picture": 3 * 2**15,
            "thumbnail": 2**15,
            "result": 2**11,
        }
        for kind in ("small", "large")
    },
    "logs": {"classify": 2**10, "preprocess": 2**10, "worker": 2**10},
    "metrics": {"classify": 4, "preprocess": 6, "worker": 7},
    "sizes": [
        {
            "megabytes": 2048,
            "vcpus": 1.158,
            "classify": {"start": 1000, "small": 50, "large": 100, "peak": 300},
            "preprocess": {"start": 400, "small": 10, "large": 50, "peak": 200},
            "worker": {"start": 600, "small": 20, "large": 40, "peak": 250},
        }
    ],
}


@pytest.fixture
def prices_file(tmp_path: Path) -> Path:
    lines = ["date = 2026-01-02"]
    for name, (dollars, free) in ROUND.items():
        lines += [f"[regions.eu-test-1.{name}]", f"dollars = {dollars:.10f}", f'per = "{name}"']
        lines += [
            'page = "https://example.org"',
            "checked = 2026-01-01",
            "confirmed = true",
            f"free = {free}",
        ]
    file = tmp_path / "prices.toml"
    file.write_text("\n".join(lines))
    return file


@pytest.fixture
def prices(prices_file: Path) -> PriceList:
    return PriceList.read(prices_file)


@pytest.fixture
def measured() -> Measurements:
    return Measurements.model_validate(MEASURED)


@pytest.fixture
def measurements_file(tmp_path: Path) -> Path:
    file = tmp_path / "measured.json"
    file.write_text(json.dumps(MEASURED))
    return file
