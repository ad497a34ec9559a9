"""Upload hundreds of files while AWS calls fail and functions are killed; every upload gets its result."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.chaos_plan import ChaosPlan
from tests.chaos.chaos_run import faulty_stack, run_chaos
from tests.chaos.random_uploads import RandomUploads
from tests.chaos.stack_queues import StackQueues
from tests.chaos.upload_findings import all_records
from tests.conftest import ROOT, RecordFigures
from tests.support.running_stack import RunningStack
from tests.support.waiting import eventually

SEED = 20261121
UPLOADS = 300


@pytest.fixture
def photos(seedlings: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(seedlings.glob("*.jpg"))]


@pytest.mark.timeout(1800)
def test_every_upload_ends_in_one_record_result_and_event(
    tmp_path: Path, photos: list[bytes], record_figures: RecordFigures
) -> None:
    """`make chaos` does the same with 10,000 uploads."""
    plan = ChaosPlan(SEED, UPLOADS)
    report = run_chaos(tmp_path, photos, plan)
    record_figures("\n" + report.table())
    assert report.faults == []
    assert report.killed.total() == plan.kills
    assert set(report.killed) == {"preprocess", "classify", "worker"}


def test_photos_wait_in_the_queue_while_the_model_cannot_be_loaded(
    tmp_path: Path, photos: list[bytes]
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    worker = "POWERTOOLS_SERVICE_NAME: worker"
    no_model = (worker, f"{worker}\n          FROND_MODEL_DIR: {model}")
    # A long timeout, so that the photo is preprocessed once even on a slow machine.
    patient = visible_after("Uploads", 5, 60)
    quick = visible_after("Pictures", 5, 2)
    no_faults = tmp_path / "faults"
    with faulty_stack(tmp_path, no_faults, SEED, no_model, patient, quick) as stack:
        queues = StackQueues(stack)
        RandomUploads(stack, photos, ChaosPlan(SEED, 0)).upload("a.jpg", "photo", photos[0])
        # The photo's message, and the test event of the notification's configuration.
        assert eventually(lambda: queues.dead() == 2 or None)
        (waiting,) = all_records(stack)
        assert waiting["status"] == "running"

        shutil.copytree(ROOT / "functions" / "classify" / "model", model, dirs_exist_ok=True)
        assert len(queues.redrive()) == 2
        queues.wait_until_quiet()

        (finished,) = all_records(stack)
        assert finished["status"] == "succeeded"
        assert result(stack, finished["id"]) == finished


def visible_after(queue: str, before: int, after: int) -> tuple[str, str]:
    """Return the replacement that changes a queue's visibility timeout, in seconds."""
    following = f"""
      MessageRetentionPeriod: 345600
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt {queue}DeadLetters.Arn"""
    return f"VisibilityTimeout: {before}{following}", f"VisibilityTimeout: {after}{following}"


def result(stack: RunningStack, identifier: str) -> Any:
    key = f"results/{identifier}.json"
    return json.loads(stack.s3.get_object(Bucket=stack.info["results_bucket"], Key=key)["Body"].read())
