"""Every problem has its own type, a status and advice."""

import json
import re

import pytest

from frond import problems
from frond.problems import EmptyBody, PayloadTooLarge, Problem


def tree(kind: type[Problem]) -> list[type[Problem]]:
    """Return a problem and its subclasses in the module."""
    below = [
        each for sub in kind.__subclasses__() if sub.__module__ == problems.__name__ for each in tree(sub)
    ]
    return [kind, *below]


KINDS = tree(Problem)


def test_the_tree_is_found() -> None:
    assert {"internal", "empty-body", "unreadable-photo", "invalid-model"} <= {kind.slug for kind in KINDS}


def test_slugs_and_titles_are_unique() -> None:
    for member in ("slug", "title"):
        values = [getattr(kind, member) for kind in KINDS]
        assert len(set(values)) == len(values)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_each_is_a_problem_document(kind: type[Problem]) -> None:
    document = kind().document("req-1")
    assert json.loads(json.dumps(document)) == document
    assert document.keys() == {"type", "title", "status", "detail", "request_id"}
    assert document["type"] == f"urn:frond:problem:{kind.slug}"
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.slug)
    assert 400 <= document["status"] < 600
    assert document["title"]
    assert document["detail"].endswith(".")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_only_errors_of_the_service_have_a_5xx_status(kind: type[Problem]) -> None:
    ours = {"internal", "invalid-model", "attempt-failed", "bad-gateway", "busy", "timeout"}
    assert (kind.status >= 500) == (kind.slug in ours)


def test_a_problem_has_its_own_detail_and_extensions() -> None:
    problem = PayloadTooLarge("Five megabytes are too many.", limit_bytes=4)
    assert str(problem) == "Five megabytes are too many."
    assert problem.document()["detail"] == "Five megabytes are too many."
    assert problem.document()["limit_bytes"] == 4
    assert "request_id" not in problem.document()


def test_a_detail_does_not_change_the_class() -> None:
    EmptyBody("Nothing at all.")
    assert EmptyBody().detail != "Nothing at all."
