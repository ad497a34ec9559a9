"""Compare what a run left behind with what it uploaded."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from frond.s3_upload import identifier_of
from tests.chaos.chaos_plan import PROBLEMS
from tests.support.running_stack import RunningStack

# Each of these has two versions, of which each ends.
TWO_VERSIONS = frozenset({"twice", "overwritten", "again"})
RESULTS = "results/"

Document = dict[str, Any]


KILLED_TWICE = "unprocessable-photo"


@dataclass
class UploadFindings:
    """Sentences about every upload that did not end exactly once.

    Attributes
    ----------
    lost
        Uploads without their record, result, event or pictures, or with those of another version.
    doubled
        Uploads with two records, or with events that contradict each other.
    resurrected
        What is left of deleted uploads.
    left_over
        Pictures of failed uploads, and results without a record.
    killed_twice
        Photos whose function was killed from outside at both of their attempts: they fail by design.
    """

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    resurrected: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)
    killed_twice: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class StackContents:
    """Everything that a stack stores about uploads: by id, except the originals, by key."""

    records: dict[str, list[Document]]
    results: dict[str, Document]
    pictures: dict[str, set[str]]
    originals: set[str]

    @classmethod
    def read(cls, stack: RunningStack) -> "StackContents":
        """Read the API, and the buckets behind it."""
        records: defaultdict[str, list[Document]] = defaultdict(list)
        for record in all_records(stack):
            records[record["id"]].append(record)
        s3, bucket = stack.s3, stack.info["results_bucket"]
        results = {}
        for key in all_keys(stack, "results_bucket"):
            content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            results[key.removeprefix(RESULTS).removesuffix(".json")] = json.loads(content)
        pictures: defaultdict[str, set[str]] = defaultdict(set)
        for key in all_keys(stack, "pictures_bucket"):
            identifier, _, name = key.partition("/")
            pictures[identifier].add(name)
        return cls(records, results, pictures, all_keys(stack, "uploads_bucket"))


def compare(
    kinds: dict[str, str], contents: StackContents, events: dict[str, list[Document]]
) -> UploadFindings:
    """Return the uploads of a run that did not end exactly once, by kind of upload."""
    findings = UploadFindings()
    for key, kind in kinds.items():
        if kind == "erased":
            _check_erased(findings, key, contents)
        else:
            _check_ended(findings, key, kind, contents, events.get(identifier_of(key), []))
    erased = {identifier_of(key) for key, kind in kinds.items() if kind == "erased"}
    for identifier in contents.results.keys() - contents.records.keys():
        if identifier not in erased:
            findings.left_over.append(f"the result {identifier} has no record")
    return findings


def _check_erased(findings: UploadFindings, key: str, contents: StackContents) -> None:
    identifier = identifier_of(key)
    found = {
        "record": identifier in contents.records,
        "result": identifier in contents.results,
        "pictures": identifier in contents.pictures,
        "original": key in contents.originals,
    }
    if back := [name for name, is_there in found.items() if is_there]:
        findings.resurrected.append(f"{key}: {', '.join(back)}")


def _check_ended(
    findings: UploadFindings, key: str, kind: str, contents: StackContents, events: list[Document]
) -> None:
    identifier = identifier_of(key)
    records = contents.records.get(identifier, [])
    if not records:
        findings.lost.append(f"{key}: no record")
        return
    if len(records) > 1:
        findings.doubled.append(f"{key}: {len(records)} records")
    record = records[0]
    if _problem(record) == KILLED_TWICE:
        findings.killed_twice.append(key)
    elif reason := wrong_end(record, kind):
        findings.lost.append(f"{key}: {reason}")
    if contents.results.get(identifier) != record:
        findings.lost.append(f"{key}: its result is {contents.results.get(identifier)}, not {record}")
    if record not in events:
        findings.lost.append(f"{key}: no event of its record among {len(events)}")
    different = Counter(json.dumps(event, sort_keys=True) for event in events)
    if len(different) > (2 if kind in TWO_VERSIONS else 1):
        findings.doubled.append(f"{key}: {len(different)} different events")
    if _problem(record) != KILLED_TWICE:
        _check_pictures(findings, key, kind, record["status"], contents.pictures.get(identifier, set()))


def _check_pictures(findings: UploadFindings, key: str, kind: str, status: str, objects: set[str]) -> None:
    names = {name.rpartition("/")[2] for name in objects}
    pictures = names & {"picture.png", "thumbnail.jpg"}
    if status == "succeeded" and len(pictures) != 2:
        findings.lost.append(f"{key}: succeeded with {sorted(pictures)}")
    if status == "failed" and pictures and kind != "vanished":
        findings.left_over.append(f"{key}: failed with {sorted(pictures)}")


def _problem(record: Document) -> str | None:
    return (record["error"] or {}).get("type", "").removeprefix("urn:frond:problem:") or None


def wrong_end(record: Document, kind: str) -> str | None:
    """Return why a record is not the end of an upload of its kind; None if it is."""
    problem = _problem(record)
    expected = {PROBLEMS.get(kind)}
    if kind == "vanished":  # the function may read it before it is deleted
        expected |= {"vanished-photo"}
    if problem not in expected:
        return f"ended as {problem}, not as {expected}"
    status = "failed" if problem else "succeeded"
    return None if record["status"] == status else f"is {record['status']}, not {status}"


def all_records(stack: RunningStack) -> list[Document]:
    """Return every record, as the API returns them."""
    records: list[Document] = []
    cursor = ""
    while True:
        page = stack.request(f"/v1/classifications?limit=100{cursor}").json()
        records += page["classifications"]
        if not page["next_cursor"]:
            return records
        cursor = f"&cursor={quote(page['next_cursor'])}"


def all_keys(stack: RunningStack, bucket: str) -> set[str]:
    """Return the keys of a bucket of the stack, by its name in ``stack.json``."""
    pages = stack.s3.get_paginator("list_objects_v2").paginate(Bucket=stack.info[bucket])
    return {each["Key"] for page in pages for each in page.get("Contents", [])}
