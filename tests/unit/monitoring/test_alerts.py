"""The alert rules and the Grafana board of training."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from tests.conftest import ROOT

MONITORING = ROOT / "deploy" / "monitoring"
SOURCE = ROOT / "training" / "fitting" / "run_metrics.py"


def used_metrics(text: str) -> set[str]:
    return set(re.findall(r"\bfrond_fit_[a-z0-9_]*[a-z0-9]", text))


def exported_metrics() -> set[str]:
    source = SOURCE.read_text(encoding="utf-8")
    gauges = {f"frond_fit_{name}" for name in re.findall(r'_gauge\(\s*"([a-z_0-9]+)"', source)}
    return gauges | {
        *("frond_fit_steps_total", "frond_fit_data_load_seconds_total", "frond_fit_dataset_info"),
        *("frond_fit_step_seconds_bucket", "frond_fit_step_seconds_sum", "frond_fit_step_seconds_count"),
    }


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is in the package prometheus of Debian")
def test_the_alerts_fire_when_they_should() -> None:
    command = ["promtool", "test", "rules", "alerts_test.yaml"]
    done = subprocess.run(command, cwd=MONITORING, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_test() -> None:
    rules = yaml.safe_load((MONITORING / "alerts.yaml").read_text(encoding="utf-8"))
    tests = (MONITORING / "alerts_test.yaml").read_text(encoding="utf-8")
    alerts = [rule["alert"] for group in rules["groups"] for rule in group["rules"]]
    assert len(alerts) == len(set(alerts)) == 6
    assert all(f'alertname="{alert}"' in tests for alert in alerts)


@pytest.mark.parametrize("name", ["alerts.yaml", "grafana.json"])
def test_only_metrics_that_a_run_exports_are_used(name: str) -> None:
    used = used_metrics((MONITORING / name).read_text(encoding="utf-8"))
    assert used
    assert used <= exported_metrics()


def test_the_board_has_a_query_in_each_panel() -> None:
    board = json.loads((MONITORING / "grafana.json").read_text(encoding="utf-8"))
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 5
    assert all(target["expr"] for panel in panels for target in panel["targets"])
