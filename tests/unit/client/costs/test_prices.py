"""The table of prices that comes with the client, and tables of one's own."""

from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from frond.pricing import DOLLARS_PER_GB_SECOND, DOLLARS_PER_REQUEST
from frond_client.costs.measurements import Measurements
from frond_client.costs.prices import Prices
from frond_client.costs.workload import Workload
from frond_client.errors import FrondError
from local.template import read
from tests.conftest import ROOT


def test_every_price_has_its_date_and_its_source() -> None:
    table = Prices.read()
    assert {"us-east-1"} <= table.regions.keys()
    published = [*(price for region in table.regions.values() for _, price in region), *table.hosted]
    assert len(published) > 18
    for price in published:
        assert date(2026, 1, 1) <= price.checked <= table.date
        assert price.page.scheme == "https"
        assert price.confirmed or "https://" in str(price.taken_from)
    for region in table.regions.values():
        assert all(str(price.page.host).endswith("aws.amazon.com") for _, price in region)


def test_the_functions_reckon_with_the_same_prices() -> None:
    region = Prices.read().region("us-east-1")
    for architecture, dollars in DOLLARS_PER_GB_SECOND.items():
        assert region.gb_second(architecture).dollars == dollars
    assert region.lambda_request.dollars == DOLLARS_PER_REQUEST


def test_what_is_assumed_is_what_the_template_says() -> None:
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


def test_what_was_measured_is_of_the_sizes_that_matter() -> None:
    measured = Measurements.read()
    assert {512, 1024, 1769, 2048, 3008, 3538} <= {size.megabytes for size in measured.sizes}
    assert (measured.photos["large"].width, measured.photos["large"].height) == (4000, 3000)
    for size in measured.sizes:
        assert size.vcpus == pytest.approx(size.megabytes / 1769, abs=1e-3)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        (
            'page = "https://example.org"\n',
            "",
            "regions.eu-test-1.lambda_gb_second_x86_64.page: Field required",
        ),
        ("checked = 2026-01-01\n", "", "checked: Field required"),
        ("confirmed = true", "confirmed = false", "either the page itself was read"),
        ("dollars = 0.0000200000", "dollars = 0", "greater than 0"),
        ("[regions.eu-test-1.api_request]", "[regions.eu-test-1.apples]", "api_request: Field required"),
        ("date = 2026-01-02", "date =", "is not TOML"),
    ],
)
def test_a_table_that_lacks_something_is_refused(
    prices_file: Path, was: str, becomes: str, said: str
) -> None:
    text = prices_file.read_text()
    assert was in text
    prices_file.write_text(text.replace(was, becomes, 1))
    with pytest.raises(FrondError, match=said):
        Prices.read(prices_file)


def test_a_hosted_service_is_free_at_first_or_tells_no_price() -> None:
    services = {service.name: service for service in Prices.read().hosted}
    assert services["Pl@ntNet API"].charge(15_000) == (0, 0)
    assert services["Pl@ntNet API"].charge(15_001) is None
    assert services["Plant.id (Kindwise)"].charge(1_000) == pytest.approx((10, 50))
