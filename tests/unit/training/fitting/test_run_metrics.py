"""A run's metrics, as Prometheus reads them."""

import math
import urllib.request
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.training.tiny_runs import settings_for
from training.data.dataset import Dataset
from training.data.shard import Shard
from training.errors import TrainingError
from training.fitting.run_metrics import RunMetrics, StepMetrics, serving

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def metrics(prepared: Dataset) -> RunMetrics:
    return RunMetrics(settings_for(prepared), Shard(1, 2, 2))


def scrape(port: int) -> Samples:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
        families = text_string_to_metric_families(response.read().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_run_is_described(metrics: RunMetrics, prepared: Dataset) -> None:
    with serving(metrics, 0) as port:
        found = scrape(port)
    assert found["frond_fit_rank", ()] == 1
    assert found["frond_fit_processes", ()] == 2
    assert found["frond_fit_epochs", ()] == 4
    assert found["frond_fit_dataset_info", (("fingerprint", prepared.card.fingerprint),)] == 1
    assert found["process_resident_memory_bytes", ()] > 1e6
    age = found["frond_fit_checkpoint_age_seconds", ()]
    assert math.isnan(age)  # no checkpoint yet


def test_steps_and_epochs_are_counted(metrics: RunMetrics) -> None:
    loader = SimpleNamespace(seconds=0.0)
    steps = StepMetrics(metrics, loader)  # type: ignore[arg-type]
    steps.on_epoch_begin(0)
    for number in range(3):
        loader.seconds += 0.5
        steps.on_train_batch_end(number, {"loss": 2.0 - number, "f1": 0.1, "accuracy": 0.2})
    steps.on_test_batch_end(0)
    row = {"epoch": 1, "photos_per_second": 7, "loss": 0.5, "val_loss": 0.75, "f1": 0.6, "val_f1": 0.7}
    metrics.finish_epoch({**row, "accuracy": 0.8, "val_accuracy": 0.9}, dataset_changed=True)

    with serving(metrics, 0) as port:
        found = scrape(port)

    train, validation = ((("split", split),) for split in ("train", "validation"))
    assert found["frond_fit_steps_total", train] == 3
    assert found["frond_fit_steps_total", validation] == 1
    assert found["frond_fit_step_seconds_count", ()] == 3
    assert found["frond_fit_data_load_seconds_total", ()] == pytest.approx(1.5)
    assert found["frond_fit_loss", train] == 0.5
    assert found["frond_fit_loss", validation] == 0.75
    assert found["frond_fit_macro_f1", validation] == pytest.approx(0.7)
    assert found["frond_fit_accuracy", validation] == pytest.approx(0.9)
    assert found["frond_fit_photos_per_second", ()] == 7
    assert found["frond_fit_epoch", ()] == 1
    assert found["frond_fit_dataset_changed", ()] == 1
    assert found["frond_fit_checkpoint_age_seconds", ()] >= 0


def test_a_taken_port_is_reported(metrics: RunMetrics) -> None:
    with (
        serving(metrics, 0) as port,
        pytest.raises(TrainingError, match=f"port {port}"),
        serving(metrics, port),
    ):
        pass
