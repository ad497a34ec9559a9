"""A run of `frond upload`: list the photos, compare, send and collect the results."""

from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from rich.console import Console

from frond_client.console import pluralize, printable, progress_bars
from frond_client.csv_row import ResultRow
from frond_client.errors import FrondError, read_error_message
from frond_client.exit_codes import ExitCode
from frond_client.frond_stack import FrondStack
from frond_client.geojson import GeoJsonFile
from frond_client.thread_pool import thread_pool
from frond_client.uploads.bucket import list_objects
from frond_client.uploads.results_file import ResultsFile
from frond_client.uploads.source import SourceListing, batch_name, list_source, split_s3_url
from frond_client.uploads.upload_plan import UploadPlan, plan_upload
from frond_client.uploads.uploader import POLLERS, PhotoUploader, StackBuckets, UploadResult


class UploadRun:
    """Uploads the photos of a source as a batch, and collects their results.

    Parameters
    ----------
    stack
        The stack that classifies them.
    source
        A folder, a file or ``s3://bucket/prefix``.
    batch
        Name of the batch; ``None`` for the folder's name.
    output
        File of the results; ``None`` for a file with the batch's name.
    tag
        Tag of the photos that are sent now.
    workers
        Number of concurrent uploads.
    max_wait
        Seconds without a new result after which the run stops; ``None`` to wait for no results.
    send_place
        Whether the files are sent with their place.
    with_map
        Whether the results become a map, too: a GeoJSON file beside the file of results.

    Raises
    ------
    FrondError
        If the batch has no name, or the output or the map is another kind of file.
    """

    def __init__(
        self,
        stack: FrondStack,
        source: str,
        batch: str | None,
        output: Path | None,
        *,
        workers: int,
        max_wait: float | None,
        tag: str | None = None,
        send_place: bool = False,
        with_map: bool = False,
    ) -> None:
        self._tag = tag
        self._send_place = send_place
        self._stack = stack
        self._source = source
        self._batch = batch_name(source, batch)
        self._workers = workers
        self._max_wait = max_wait
        self.file = ResultsFile(output or Path(printable(self._batch).replace("/", "-") + ".csv"))
        self.map = GeoJsonFile(self.file.path.with_suffix(".geojson")) if with_map else None
        self.listing = SourceListing()
        self.plan = UploadPlan()
        self.result = UploadResult()

    def run(self, err: Console) -> None:
        """Run all steps, with progress bars.

        Raises
        ------
        FrondError
            If there is nothing to upload, or every call to the stack fails.
        """
        self.listing = list_source(self._source, self._batch, self._buckets.s3, send_place=self._send_place)
        self._check_source_bucket()
        if self.listing.skipped:
            err.print(f"{pluralize(self.listing.skipped, 'file')} skipped: not named as photos.")
        if self.listing.special:
            err.print(f"{pluralize(self.listing.special, 'file')} skipped: named pipes, sockets or devices.")
        self.plan = self._compare()
        # Before the upload, so that a changed photo never has the row of its old version.
        self.file.remove(photo.key for photo in self.plan.to_send)
        self._upload()
        if self.map:
            self.map.write(self.rows)

    @property
    def rows(self) -> list[ResultRow]:
        """The results of this source's photos, from this run and earlier ones."""
        rows = (self.file.rows.get(photo.key) for photo in self.listing.photos)
        return [row for row in rows if row]

    @property
    def exit_code(self) -> ExitCode:
        """Exit code of the command. A photo that could not be classified fails in every run that lists it."""
        failed_rows = any(row.status == "failed" for row in self.rows)
        if self.result.failures or self.listing.refused or failed_rows:
            return ExitCode.FAILED
        is_pending = bool(self.result.pending) and self._max_wait is not None
        return ExitCode.PENDING if is_pending else ExitCode.OK

    @cached_property
    def _buckets(self) -> StackBuckets:
        return StackBuckets(
            self._stack.s3(connections=self._workers + POLLERS),
            self._stack.output("UploadsBucketName"),
            self._stack.output("ResultsBucketName"),
        )

    def _check_source_bucket(self) -> None:
        bucket_and_prefix = split_s3_url(self._source)
        if bucket_and_prefix and bucket_and_prefix[0] == self._buckets.uploads:
            raise FrondError(
                "These photos are in the uploads bucket already. "
                "`frond reconcile` queues those without a result."
            )

    def _compare(self) -> UploadPlan:
        photos = self.listing.photos
        prefix = photos[0].key if len(photos) == 1 else f"{self._batch}/"
        objects = list_objects(self._buckets.s3, self._buckets.uploads, prefix) if photos else {}
        with progress_bars() as progress, thread_pool(self._workers) as executor:
            task = progress.add_task("Compared", total=len(photos), visible=bool(objects))
            return plan_upload(
                photos,
                objects,
                self.file.rows.keys(),
                self._written_at,
                executor,
                lambda: progress.advance(task),
            )

    @property
    def _written_at(self) -> datetime | None:
        path = self.file.path
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.exists() else None

    def _upload(self) -> None:
        with progress_bars() as progress:
            uploads = progress.add_task("Uploads", total=len(self.plan.to_send))
            total = len(self.plan.to_send) + len(self.plan.uploaded)
            results = progress.add_task("Results", total=total, visible=self._max_wait is not None)
            uploader = PhotoUploader(
                self._buckets,
                self.file,
                workers=self._workers,
                max_wait=self._max_wait,
                tag=self._tag,
                on_sent=lambda: progress.advance(uploads),
                on_finished=lambda: progress.advance(results),
            )
            self.result = uploader.result
            for photo, error in self.plan.unreadable:
                uploader.add_failure(photo, read_error_message(error))
            uploader.run(self.plan)
