"""Upload, overwrite and delete photos of every kind at random moments."""

import itertools
import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from rich.console import Console
from rich.progress import track

from frond.s3_upload import identifier_of
from tests.chaos.chaos_plan import ChaosPlan, body
from tests.support.running_stack import RunningStack

UPLOADERS, FOLLOWERS = 4, 8
# Uploads wait for the stack, so that deletions meet photos on their way, however many uploads there are.
MAX_WAITING, UPLOADS_PER_LOOK = 100, 10
# A photo's way takes a second or two on an idle stack, and longer in a queue.
MAX_DELAY_S = 8.0
ATTEMPTS = 60
RETRY_S = 0.2


class RandomUploads:
    """Uploads of a plan, in an order that its seed determines.

    Parameters
    ----------
    stack
        The stack to upload to.
    photos
        Contents of photos to choose from.
    look
        Called every few uploads, to wait until at most so many messages wait.
    """

    def __init__(
        self,
        stack: RunningStack,
        photos: list[bytes],
        plan: ChaosPlan,
        look: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.stack, self.photos, self._look = stack, photos, look
        self.kinds = plan.kinds()
        self._bucket: str = stack.info["uploads_bucket"]
        self._s3 = stack.s3
        self._dice = random.Random(plan.seed)
        # Deletions of photos without a record, whose messages may wait in a dead-letter queue.
        self.postponed: list[Callable[[], None]] = []

    def run(self) -> None:
        """Upload everything, and wait until every overwrite and deletion is done."""
        choices = [(self._dice.choice(self.photos), self._dice.uniform(0, MAX_DELAY_S)) for _ in self.kinds]
        looks = itertools.cycle([True, *[False] * (UPLOADS_PER_LOOK - 1)])
        follow_ups: list[Future[None]] = []
        with ThreadPoolExecutor(FOLLOWERS) as followers, ThreadPoolExecutor(UPLOADERS) as uploaders:

            def upload(key: str, kind: str, choice: tuple[bytes, float], look: bool) -> None:
                photo, delay = choice
                if look:
                    self._look(MAX_WAITING)
                self.upload(key, kind, photo)
                if act := self._follow_up(key, kind, photo):
                    due = time.monotonic() + delay
                    follow_ups.append(followers.submit(_at, due, act))

            uploaded = uploaders.map(upload, self.kinds, self.kinds.values(), choices, looks)
            for done in track(uploaded, "Uploading", total=len(self.kinds), console=Console(stderr=True)):
                assert done is None
        for each in follow_ups:
            each.result()

    def upload(self, key: str, kind: str, photo: bytes) -> None:
        """Upload one photo; a vanished one is deleted from S3 again."""
        if kind in {"twice", "overwritten"}:
            self._put(key, b"the wrong file")
        if kind != "overwritten":
            self._put(key, body(kind, photo))
        if kind == "vanished":
            for version in self._s3.list_object_versions(Bucket=self._bucket, Prefix=key)["Versions"]:
                self._s3.delete_object(Bucket=self._bucket, Key=key, VersionId=version["VersionId"])

    def run_postponed(self) -> int:
        """Delete what had no record before; return the number of these deletions."""
        waiting, self.postponed = self.postponed, []
        for erase in waiting:
            erase()
        return len(waiting)

    def _follow_up(self, key: str, kind: str, photo: bytes) -> Callable[[], None] | None:
        return {
            "overwritten": lambda: self._put(key, photo),
            "erased": lambda: self._erase(key, None),
            "again": lambda: self._erase(key, photo),
        }.get(kind)

    def _erase(self, key: str, following: bytes | None) -> None:
        """Delete a classification as a user does: again while it is unknown or the service fails."""
        path = f"/v1/classifications/{identifier_of(key)}"
        for _ in range(ATTEMPTS):
            status = self.stack.request(path, "DELETE").status
            if status == 204:
                break
            assert status in {404, 429} or status >= 500, f"{status} for a deletion of {key}"
            time.sleep(RETRY_S)
        else:
            self.postponed.append(lambda: self._erase(key, following))
            return
        if following is not None:
            self._put(key, following)

    def _put(self, key: str, content: bytes) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=content)


def _at(due: float, act: Callable[[], None]) -> None:
    time.sleep(max(due - time.monotonic(), 0))
    act()
