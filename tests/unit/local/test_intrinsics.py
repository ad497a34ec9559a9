from typing import Any

import pytest

from local.intrinsics import calls, is_intrinsic, key, references, replaced, substituted, yields_text


@pytest.mark.parametrize(
    ("node", "names"),
    [
        ({"Ref": "Bucket"}, {"Bucket"}),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, {"Queue"}),
        ({"Fn::GetAtt": "Queue.Arn"}, {"Queue"}),
        ({"Fn::Sub": "${Bucket.Arn}/${AWS::Region}/${!Literal}"}, {"Bucket", "AWS::Region"}),
        ({"Fn::Sub": ["${Local}-${Outer}", {"Local": {"Ref": "Inner"}}]}, {"Outer", "Inner"}),
        ({"Fn::Join": ["", ["a", {"Ref": "Bucket"}]]}, {"Bucket"}),
        ([{"a": {"Ref": "One"}}, {"b": [{"Ref": "Two"}]}], {"One", "Two"}),
        ({"Reference": "Bucket"}, set()),
        ("Bucket", set()),
    ],
)
def test_references_finds_every_resource(node: Any, names: set[str]) -> None:
    assert references(node) == names


def test_an_object_with_two_members_is_not_a_call() -> None:
    assert not is_intrinsic({"Ref": "a", "Other": "b"})


def test_calls_yields_outermost_calls_only() -> None:
    joined = {"Fn::Join": ["", [{"Ref": "Inner"}]]}
    assert list(calls({"a": joined, "b": [{"Ref": "Other"}], "c": 1})) == [joined, {"Ref": "Other"}]


def test_known_calls_are_replaced_and_others_stay() -> None:
    node = {"known": {"Ref": "A"}, "unknown": [{"Ref": "B"}], "plain": 3}
    assert replaced(node, {key({"Ref": "A"}): "value"}) == {
        "known": "value",
        "unknown": [{"Ref": "B"}],
        "plain": 3,
    }
    assert node["known"] == {"Ref": "A"}


def test_references_are_substituted_also_inside_calls() -> None:
    node: Any = {"Fn::Join": [",", [{"Ref": "A"}, {"Ref": "B"}]], "plain": {"Ref": "A", "Other": 1}}
    assert substituted(node, {"A": "value"}) == {
        "Fn::Join": [",", ["value", {"Ref": "B"}]],
        "plain": {"Ref": "A", "Other": 1},
    }
    assert node["Fn::Join"][1][0] == {"Ref": "A"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"Ref": "Key"}, True),
        ({"Fn::If": ["HasKey", {"Ref": "Key"}, "none"]}, True),
        ({"Fn::If": ["HasKey", {"Ref": "Key"}, {"Ref": "AWS::NoValue"}]}, False),
        ({"Fn::If": ["HasKey", {"SSEType": "KMS", "KMSMasterKeyId": {"Ref": "Key"}}, "none"]}, False),
    ],
)
def test_an_output_has_no_objects_and_nothing_that_may_be_missing(value: Any, text: bool) -> None:
    assert yields_text(value) is text
