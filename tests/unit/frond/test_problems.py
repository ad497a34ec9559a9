"""Every problem has a name of its own, a status and advice."""

import json
import re

import pytest

from frond import problems
from frond.problems import EmptyBody, PayloadTooLarge, Problem


def tree(kind: type[Problem]) -> list[type[Problem]]:
    """A problem and all that derive from it, as far as the module itself defines them."""
    below = [
        each for sub in kind.__subclasses__() if sub.__module__ == problems.__name__ for each in tree(sub)
    ]
    return [kind, *below]


KINDS = tree(Problem)


def test_the_tree_is_found() -> None:
    assert {"internal", "empty-body", "unreadable-photo", "invalid-model"} <= {kind.slug for kind in KINDS}


def test_no_two_share_a_name() -> None:
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
def test_what_the_caller_sent_is_never_our_fault(kind: type[Problem]) -> None:
    ours = {"internal", "invalid-model", "attempt-failed", "bad-gateway", "timeout"}
    assert (kind.status >= 500) == (kind.slug in ours)


def test_a_problem_says_what_it_was_told() -> None:
    problem = PayloadTooLarge("Five megabytes are too many.", limit_bytes=4)
    assert str(problem) == "Five megabytes are too many."
    assert problem.document()["detail"] == "Five megabytes are too many."
    assert problem.document()["limit_bytes"] == 4
    assert "request_id" not in problem.document()


def test_one_problem_s_words_do_not_become_another_s() -> None:
    EmptyBody("Nothing at all.")
    assert EmptyBody().detail != "Nothing at all."
