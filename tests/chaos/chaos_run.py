"""Upload while everything fails at once, and report what was lost, doubled or resurrected."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from frond.s3_upload import identifier_of
from tests.chaos.chaos_plan import ChaosPlan
from tests.chaos.event_listener import EventListener
from tests.chaos.process_killer import ProcessKiller
from tests.chaos.random_uploads import RandomUploads
from tests.chaos.registry_operators import (
    RegistryOperator,
    open_registry,
    publish_versions,
    registry_faults,
)
from tests.chaos.stack_queues import StackQueues, keys_of
from tests.chaos.upload_findings import StackContents, UploadFindings, all_records, compare
from tests.conftest import ROOT
from tests.support.running_stack import RunningStack, link_project, running_stack

# Failed messages return after seconds instead of minutes.
QUICK = (("VisibilityTimeout: 370", "VisibilityTimeout: 5"), ("maxReceiveCount: 5", "maxReceiveCount: 3"))
REFRESH_S = 5
# On a slow machine a photo may take longer than the short visibility timeout, and die again.
REDRIVES = 20
SHOWN = 20


@dataclass
class ChaosReport:
    """The findings of a run.

    Attributes
    ----------
    dead, unexplained
        The number of dead letters before the redrive, and of those about unfinished records without an error.
    stuck
        The number of dead letters that are left after it.
    undeletable
        The number of deletions that never found a record.
    quiet_s
        Seconds from the last upload until the queues were empty, and of the redrive.
    """

    plan: ChaosPlan
    kinds: Counter[str]
    findings: UploadFindings
    registry: list[str]
    killed: Counter[str]
    repeated: int
    updates: int
    conflicts: int
    dead: int
    unexplained: int
    stuck: int
    undeletable: int
    events: int
    upload_s: float
    quiet_s: tuple[float, float]
    ends: Counter[str] = field(default_factory=Counter)

    @property
    def faults(self) -> list[str]:
        """Every finding, as a sentence."""
        stuck = [f"{self.stuck} dead letters after {REDRIVES} redrives"] if self.stuck else []
        stuck += [f"{self.undeletable} photos could not be deleted"] if self.undeletable else []
        found = self.findings
        return [*found.lost, *found.doubled, *found.resurrected, *found.left_over, *self.registry, *stuck]

    def table(self) -> str:
        """Return the report as a table in Markdown."""
        found, erased = self.findings, self.kinds["erased"]
        rows = {
            "uploads": f"{self.plan.uploads}: {_counts(self.kinds)}",
            "ended": _counts(self.ends),
            "lost": len(found.lost),
            "doubled": len(found.doubled),
            "resurrected": f"{len(found.resurrected)} of {erased}",
            "left over": len(found.left_over),
            "processes killed": _counts(self.killed),
            "notifications repeated by hand": self.repeated,
            "dead letters": f"{self.dead}, {self.unexplained} without a reason, {self.stuck} after redrive",
            "events": self.events,
            "registry updates": f"{self.updates}, {self.conflicts} conflicts, {len(self.registry)} faults",
            "uploading": f"{self.upload_s:.0f} s",
            "time to quiet": f"{self.quiet_s[0]:.0f} s, {self.quiet_s[1]:.0f} s more for the redrive",
        }
        lines = ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())]
        more = [f"- {fault}" for fault in self.faults[:SHOWN]]
        return "\n".join([*lines, *([""] if more else []), *more])


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counter.items()))


@contextmanager
def faulty_stack(
    folder: Path, switch: Path, seed: int, *replacements: tuple[str, str], options: tuple[str, ...] = ()
) -> Iterator[RunningStack]:
    """Run the stack with faults while the file ``switch`` exists."""
    environment = {"FAULTS": str(switch), "FAULTS_SEED": str(seed), "PYTHONPATH": str(ROOT)}
    with running_stack(
        folder / "log",
        *options,
        template=link_project(folder / "stack", *QUICK, *replacements),
        program=["-m", "tests.chaos.faulty_stack"],
        environment=environment,
    ) as running:
        yield running


def run_chaos(folder: Path, photos: list[bytes], plan: ChaosPlan) -> ChaosReport:
    """Start a stack and carry out a plan.

    Parameters
    ----------
    folder
        For the stack's files; empty.
    photos
        Photos that the model recognises.
    """
    switch = folder / "faults"
    options = ("--parameter", f"ModelRefreshSeconds={REFRESH_S}")
    with faulty_stack(folder, switch, plan.seed, options=options) as stack:
        return _run(stack, switch, photos, plan)


def _run(stack: RunningStack, switch: Path, photos: list[bytes], plan: ChaosPlan) -> ChaosReport:
    queues, listener = StackQueues(stack), EventListener(stack)
    dice, repeated = random.Random(plan.seed), Counter[str]()

    def look(most: int) -> None:
        queues.wait_until_below(most)
        repeated["notifications"] += queues.repeat_some(dice.shuffle)

    uploads = RandomUploads(stack, photos, plan, look)
    registry = open_registry(stack)
    versions = publish_versions(registry, switch.parent)
    killer = ProcessKiller(stack, plan.kills, random.Random(plan.seed))
    operators = [
        RegistryOperator(f"operator {number}", open_registry(stack), versions, random.Random(number))
        for number in range(plan.operators)
    ]
    switch.touch()
    begin = time.monotonic()
    for thread in (killer, *operators):
        thread.start()
    uploads.run()
    upload_s = time.monotonic() - begin
    quiet_s = queues.wait_until_quiet()
    killer.join()
    for operator in operators:
        operator.stop()
    switch.unlink()
    queues.wait_until_quiet()

    reasons = {record["id"]: record for record in all_records(stack)}
    letters: list[str] = []
    redrive_s = 0.0
    for _ in range(REDRIVES):
        letters += queues.redrive()
        redrive_s += queues.wait_until_quiet()
        postponed = uploads.run_postponed()
        redrive_s += queues.wait_until_quiet()
        if not queues.dead() and not postponed:
            break

    contents, events = StackContents.read(stack), listener.receive()
    return ChaosReport(
        plan=plan,
        kinds=Counter(uploads.kinds.values()),
        findings=compare(uploads.kinds, contents, events),
        registry=registry_faults(registry, operators),
        killed=killer.killed,
        repeated=repeated["notifications"],
        updates=sum(len(each.updates) for each in operators),
        conflicts=sum(each.conflicts for each in operators),
        dead=len(letters),
        unexplained=sum(_is_unexplained(letter, reasons) for letter in letters),
        stuck=queues.dead(),
        undeletable=len(uploads.postponed),
        events=sum(len(each) for each in events.values()),
        upload_s=upload_s,
        quiet_s=(quiet_s, redrive_s),
        ends=Counter(each[0]["status"] for each in contents.records.values()),
    )


def _is_unexplained(letter: str, records: dict[str, dict[str, object]]) -> bool:
    """Return whether a dead letter's record neither is finished nor names an error."""
    for key in keys_of(letter):
        # A picture's key begins with the id; an upload's key determines it.
        record = records.get(key.partition("/")[0]) or records.get(identifier_of(key))
        if record and record["status"] not in {"succeeded", "failed"} and not record["error"]:
            return True
    return False
