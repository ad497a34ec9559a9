"""From an object in a bucket over its queue to the function, and what became of the message."""

from typing import Any

from tests.integration.local.running import Running, eventually

SOURCE, TARGET = "frond-local-source", "frond-local-target"


def made(stack: Running, key: str) -> bytes | None:
    try:
        return stack.s3.get_object(Bucket=TARGET, Key=key)["Body"].read()
    except stack.s3.exceptions.NoSuchKey:
        return None


def waiting(stack: Running, queue: str) -> int:
    """Return how many messages a queue holds, the ones being worked on included."""
    (url,) = stack.sqs.list_queues(QueueNamePrefix=f"frond-local-{queue}")["QueueUrls"]
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(count) for count in attributes.values())


def test_an_object_reaches_the_function_and_its_message_is_done(stack: Running) -> None:
    stack.s3.put_object(Bucket=SOURCE, Key="a b+ü.txt", Body=b"quiet")
    assert eventually(lambda: made(stack, "a b+ü.txt")) == b"layered QUIET"
    assert eventually(lambda: waiting(stack, "SourceQueue") == 0 or None)


def test_an_object_that_the_filter_does_not_name_is_left_alone(stack: Running) -> None:
    stack.s3.put_object(Bucket=SOURCE, Key="picture.jpg", Body=b"x")
    stack.s3.put_object(Bucket=SOURCE, Key="later.txt", Body=b"later")
    eventually(lambda: made(stack, "later.txt"))
    assert made(stack, "picture.jpg") is None


def test_what_fails_goes_to_the_dead_letters_and_takes_nothing_along(stack: Running) -> None:
    before = waiting(stack, "DeadLetters")
    stack.s3.put_object(Bucket=SOURCE, Key="bad.txt", Body=b"poison")
    stack.s3.put_object(Bucket=SOURCE, Key="good.txt", Body=b"good")
    assert eventually(lambda: made(stack, "good.txt")) == b"layered GOOD"
    assert eventually(lambda: waiting(stack, "DeadLetters") == before + 1 or None)
    assert made(stack, "bad.txt") is None


def test_buckets_have_the_versioning_that_the_template_gives_them(stack: Running) -> None:
    assert stack.s3.get_bucket_versioning(Bucket=SOURCE).get("Status") == "Enabled"
    assert "Status" not in stack.s3.get_bucket_versioning(Bucket=TARGET)
