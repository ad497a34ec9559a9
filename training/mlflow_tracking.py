"""Runs and models recorded by an MLflow server, where the environment names one.

``MLFLOW_TRACKING_URI`` and ``MLFLOW_EXPERIMENT_NAME`` are MLflow's own variables, as are its credentials'.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from frond.manifest import Manifest
from training.artifacts.files import REPORT_NAME
from training.atomic_write import atomic_write
from training.errors import TrainingError
from training.fitting.history import EpochRow
from training.fitting.run import HISTORY_NAME, SETTINGS_NAME, Run, RunSettings
from training.progress import console

URI_VARIABLE, EXPERIMENT_VARIABLE = "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"
EXPERIMENT = MODEL = "frond"
# In the run's folder, so that a resumed run is one run of MLflow.
RUN_FILE = "mlflow.json"
ARTIFACTS = (SETTINGS_NAME, HISTORY_NAME, "curves.png")
MODEL_FOLDER = "model"


class MlflowLog:
    """A run of MLflow: the recipe as parameters, metrics an epoch, the model as a version.

    A server that cannot be reached when a run starts is an error. Later it costs a warning and not the run.
    """

    def __init__(self, client: Any, experiment: str) -> None:
        self.client, self.experiment = client, experiment
        self.run_id = ""

    def start(self, run: Run, settings: RunSettings, rows: Sequence[EpochRow]) -> None:
        """Create the run of MLflow, or go on with the one of the run's folder.

        Raises
        ------
        training.errors.TrainingError
            The server does not answer, or refuses.
        """
        with _required():
            self.run_id = self._find(run) or self._create(run, settings)
        # A process may die between its checkpoint and this record.
        for row in rows[-1:]:
            self.add(row)

    def add(self, row: EpochRow) -> None:
        """Record the metrics of an epoch."""
        from mlflow.entities import Metric  # noqa: PLC0415 - mlflow is optional

        epoch, now = int(row["epoch"]), int(time.time() * 1000)
        metrics = [Metric(name, value, now, epoch) for name, value in row.items() if name != "epoch"]
        with _optional():
            self.client.log_batch(self.run_id, metrics=metrics)

    def finish(self, run: Run) -> None:
        """Record the settings, the history and the curves, and end the run of MLflow."""
        with _optional():
            for name in ARTIFACTS:
                if (path := run.directory / name).exists():
                    self.client.log_artifact(self.run_id, str(path))
            self.client.set_terminated(self.run_id)

    def register(self, run: Run, folder: Path, manifest: Manifest) -> str:
        """Record an exported model as a version of the registered model ``frond``; return its number.

        Raises
        ------
        training.errors.TrainingError
            The server does not answer, or refuses.
        """
        with _required():
            self.run_id = self._find(run) or self._create(run, run.settings())
            for path in sorted(folder.iterdir()):
                if path.is_file():
                    self.client.log_artifact(self.run_id, str(path), MODEL_FOLDER)
            if (report := folder / REPORT_NAME).is_dir():
                self.client.log_artifacts(self.run_id, str(report), f"{MODEL_FOLDER}/{REPORT_NAME}")
            for name, value in manifest.agreement.items():
                self.client.log_metric(self.run_id, f"int8_{name}", value)
            if not self.client.search_registered_models(f"name = '{MODEL}'"):
                self.client.create_registered_model(MODEL)
            source = f"{self.client.get_run(self.run_id).info.artifact_uri}/{MODEL_FOLDER}"
            version = self.client.create_model_version(
                MODEL, source, self.run_id, tags={"frond.version": manifest.version}
            )
            return str(version.version)

    def _find(self, run: Run) -> str | None:
        """Return the id of the run of MLflow that the folder names, if the server has it."""
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - mlflow is optional

        try:
            run_id = str(json.loads((run.directory / RUN_FILE).read_bytes())["run_id"])
            self.client.get_run(run_id)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise
        self.client.update_run(run_id, status="RUNNING")
        return run_id

    def _create(self, run: Run, settings: RunSettings) -> str:
        from mlflow.entities import Param  # noqa: PLC0415 - mlflow is optional

        found = self.client.get_experiment_by_name(self.experiment)
        experiment = found.experiment_id if found else self.client.create_experiment(self.experiment)
        name = Path(run.location.rstrip("/")).name
        tags = {"frond.run": run.location, "frond.dataset_fingerprint": settings.dataset_fingerprint}
        created = self.client.create_run(experiment, run_name=name, tags=tags)
        run_id = str(created.info.run_id)
        parameters = _flat(settings.model_dump(exclude={"initial_weights", "dataset_fingerprint"}))
        self.client.log_batch(run_id, params=[Param(name, str(value)) for name, value in parameters])
        if run.directory.is_dir():
            atomic_write(run.directory / RUN_FILE, json.dumps({"run_id": run_id}) + "\n")
        return run_id


def open_mlflow(environment: Mapping[str, str] = os.environ) -> MlflowLog | None:
    """Return the log of the server that the environment names; None where it names none.

    Raises
    ------
    training.errors.TrainingError
        mlflow is not installed.
    """
    if not environment.get(URI_VARIABLE):
        return None
    try:
        from mlflow import MlflowClient  # noqa: PLC0415 - mlflow is optional
    except ImportError as error:
        raise TrainingError(
            f"{URI_VARIABLE} is set, but mlflow is not installed: `pip install mlflow-skinny`, or unset it."
        ) from error
    with _required():
        client = MlflowClient(environment[URI_VARIABLE])
    return MlflowLog(client, environment.get(EXPERIMENT_VARIABLE) or EXPERIMENT)


@contextmanager
def _required() -> Iterator[None]:
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - mlflow is optional

    try:
        yield
    except (MlflowException, OSError) as error:
        raise TrainingError(f"MLflow at {os.environ.get(URI_VARIABLE, '')} failed: {error}") from error


@contextmanager
def _optional() -> Iterator[None]:
    try:
        with _required():
            yield
    except TrainingError as error:
        console.print(f"Warning: {error} The run goes on.", style="yellow")


def _flat(values: Mapping[str, Any] | Sequence[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested settings by dotted names, with lists counted from 1 as `--set` does."""
    pairs = values.items() if isinstance(values, Mapping) else ((str(i), v) for i, v in enumerate(values, 1))
    for name, value in pairs:
        if isinstance(value, Mapping | list):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
