"""The price list of the client, and custom price lists."""

from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from frond.pricing import DOLLARS_PER_GB_SECOND, DOLLARS_PER_REQUEST
from frond_client.costs.measurements import Measurements
from frond_client.costs.prices import PriceList
from frond_client.costs.workload import Workload
from frond_client.errors import FrondError
from local.template import read
from tests.conftest import ROOT


def test_every_price_has_a_date_and_a_source() -> None:
    table = PriceList.read()
    assert {"us-east-1"} <= table.regions.keys()
    published = [*(price for region in table.regions.values() for _, price in region), *table.hosted]
    assert len(published) > 18
    for price in published:
        assert date(2026, 1, 1) <= price.checked <= table.date
        assert price.page.scheme == "https"
        assert price.confirmed or "https://" in str(price.taken_from)
    for region in table.regions.values():
        assert all(str(price.page.host).endswith("aws.amazon.com") for _, price in region)


def test_the_functions_use_the_same_prices() -> None:
    region = PriceList.read().region("us-east-1")
    for architecture, dollars in DOLLARS_PER_GB_SECOND.items():
        assert region.gb_second(architecture).dollars == dollars
    assert region.lambda_request.dollars == DOLLARS_PER_REQUEST


def test_the_default_workload_has_the_defaults_of_the_template() -> None:
    parameters = read(ROOT / "template.yaml").document["Parameters"]
    defaults = {each.name: each.default for each in fields(Workload)}
    for name, parameters_ in {
        "memory": ["ClassifyMemory", "PreprocessMemory", "WorkerMemory"],
        "architecture": ["Architecture"],
        "upload_days": ["UploadRetentionDays"],
        "old_version_days": ["OldVersionRetentionDays"],
        "picture_days": ["PictureRetentionDays"],
        "result_days": ["ResultRetentionDays"],
    }.items():
        for parameter in parameters_:
            assert parameters[parameter]["Default"] == defaults[name], parameter


def test_the_measurements_cover_the_relevant_memory_sizes() -> None:
    measured = Measurements.read()
    assert {512, 1024, 1769, 2048, 3008, 3538} <= {size.megabytes for size in measured.sizes}
    assert (measured.photos["large"].width, measured.photos["large"].height) == (4000, 3000)
    for size in measured.sizes:
        assert size.vcpus == pytest.approx(size.megabytes / 1769, abs=1e-3)


@pytest.mark.parametrize(
    ("was", "becomes", "message"),
    [
        (
            'page = "https://example.org"\n',
            "",
            "regions.eu-test-1.lambda_gb_second_x86_64.page: Field required",
        ),
        ("checked = 2026-01-01\n", "", "checked: Field required"),
        ("confirmed = true", "confirmed = false", "either the page confirms the price"),
        ("dollars = 0.0000200000", "dollars = 0", "greater than 0"),
        ("[regions.eu-test-1.api_request]", "[regions.eu-test-1.apples]", "api_request: Field required"),
        ("date = 2026-01-02", "date =", "is not TOML"),
    ],
)
def test_an_invalid_price_list_is_rejected(prices_file: Path, was: str, becomes: str, message: str) -> None:
    text = prices_file.read_text()
    assert was in text
    prices_file.write_text(text.replace(was, becomes, 1))
    with pytest.raises(FrondError, match=message):
        PriceList.read(prices_file)


def test_hosted_services_have_a_free_tier_or_a_price() -> None:
    services = {service.name: service for service in PriceList.read().hosted}
    assert services["Pl@ntNet API"].charge(15_000) == (0, 0)
    assert services["Pl@ntNet API"].charge(15_001) is None
    assert services["Plant.id (Kindwise)"].charge(1_000) == pytest.approx((10, 50))
