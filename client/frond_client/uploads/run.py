"""The whole upload: what there is, what is to do, and what became of it."""

from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from rich.console import Console

from frond_client.console import bars, counted, printable
from frond_client.csv_row import Row
from frond_client.errors import FrondError
from frond_client.stack import Stack
from frond_client.threads import threads
from frond_client.uploads.bucket import stored
from frond_client.uploads.plan import Plan, plan
from frond_client.uploads.results_file import ResultsFile
from frond_client.uploads.source import Found, batch_of, bucket_and_prefix, search
from frond_client.uploads.uploader import ASKERS, Buckets, Delivered, Delivery


class Upload:
    """Uploads a source's photos as a batch, and gathers their results.

    Parameters
    ----------
    stack
        That classifies them.
    source
        A folder, a file or ``s3://bucket/prefix``.
    batch
        The batch's name; ``None`` for that of the folder.
    to
        Where results go; ``None`` for a file that is named as the batch.
    workers
        How many photos are sent at once.
    patience
        For how many seconds nothing may come; ``None`` not to follow results.

    Raises
    ------
    FrondError
        If the batch has no name, or the file of results is something else.
    """

    def __init__(
        self,
        stack: Stack,
        source: str,
        batch: str | None,
        to: Path | None,
        *,
        workers: int,
        patience: float | None,
    ) -> None:
        self._stack = stack
        self._source = source
        self._batch = batch_of(source, batch)
        self._workers = workers
        self._patience = patience
        self.file = ResultsFile(to or Path(printable(self._batch).replace("/", "-") + ".csv"))
        self.found = Found()
        self.plan = Plan()
        self.outcome = Delivered()

    def run(self, err: Console) -> None:
        """Do it, and show how far it is.

        Raises
        ------
        FrondError
            If there is nothing to upload, or the stack cannot take or give anything.
        """
        self.found = search(self._source, self._batch, self._buckets.s3)
        self._refuse_its_own_bucket()
        if self.found.passed_over:
            err.print(f"{counted(self.found.passed_over, 'file')} passed over, not named as photos.")
        self.plan = self._compare()
        # First, so that nobody can take the row of an old photo for that of the new one.
        self.file.forget(photo.key for photo in self.plan.to_send)
        self._deliver()

    @property
    def rows(self) -> list[Row]:
        """What is known of this source's photos, now and from before."""
        known = (self.file.rows.get(photo.key) for photo in self.found.photos)
        return [row for row in known if row]

    @property
    def exit_code(self) -> int:
        """1 when something failed, 2 when results are still pending, else 0."""
        if self.outcome.faults or self.found.refused:
            return 1
        return 2 if self.outcome.pending and self._patience is not None else 0

    @cached_property
    def _buckets(self) -> Buckets:
        return Buckets(
            self._stack.s3(connections=self._workers + ASKERS),
            self._stack.output("UploadsBucketName"),
            self._stack.output("ResultsBucketName"),
        )

    def _refuse_its_own_bucket(self) -> None:
        place = bucket_and_prefix(self._source)
        if place and place[0] == self._buckets.uploads:
            raise FrondError(
                "These photos are in the uploads bucket already. `frond reconcile` finds what was missed."
            )

    def _compare(self) -> Plan:
        photos = self.found.photos
        prefix = photos[0].key if len(photos) == 1 else f"{self._batch}/"
        there = stored(self._buckets.s3, self._buckets.uploads, prefix) if photos else {}
        with bars() as progress, threads(self._workers) as executor:
            task = progress.add_task("Compared", total=len(photos), visible=bool(there))
            return plan(
                photos,
                there,
                self.file.rows.keys(),
                self._written_at,
                executor,
                lambda: progress.advance(task),
            )

    @property
    def _written_at(self) -> datetime | None:
        path = self.file.path
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.exists() else None

    def _deliver(self) -> None:
        with bars() as progress:
            uploads = progress.add_task("Uploads", total=len(self.plan.to_send))
            total = len(self.plan.to_send) + len(self.plan.uploaded)
            results = progress.add_task("Results", total=total, visible=self._patience is not None)
            delivery = Delivery(
                self._buckets,
                self.file,
                workers=self._workers,
                patience=self._patience,
                on_sent=lambda: progress.advance(uploads),
                on_finished=lambda: progress.advance(results),
            )
            self.outcome = delivery.outcome
            for photo, error in self.plan.unreadable:
                delivery.fault(photo, f"It cannot be read: {error.strerror or error}.")
            delivery.run(self.plan)
