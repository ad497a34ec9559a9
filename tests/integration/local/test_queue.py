"""Deliver S3 objects over a queue to a function."""

from tests.support.running_stack import RunningStack
from tests.support.waiting import eventually

SOURCE, TARGET = "frond-local-source", "frond-local-target"


def output(stack: RunningStack, key: str) -> bytes | None:
    try:
        return stack.s3.get_object(Bucket=TARGET, Key=key)["Body"].read()
    except stack.s3.exceptions.NoSuchKey:
        return None


def queue_length(stack: RunningStack, queue: str) -> int:
    (url,) = stack.sqs.list_queues(QueueNamePrefix=f"frond-local-{queue}")["QueueUrls"]
    return stack.queue_length(url)


def test_an_object_reaches_the_function_and_its_message_is_deleted(stack: RunningStack) -> None:
    stack.s3.put_object(Bucket=SOURCE, Key="a b+ü.txt", Body=b"quiet")
    assert eventually(lambda: output(stack, "a b+ü.txt")) == b"layered QUIET"
    assert eventually(lambda: queue_length(stack, "SourceQueue") == 0 or None)


def test_an_object_outside_the_filter_sends_no_message(stack: RunningStack) -> None:
    stack.s3.put_object(Bucket=SOURCE, Key="picture.jpg", Body=b"x")
    stack.s3.put_object(Bucket=SOURCE, Key="later.txt", Body=b"later")
    eventually(lambda: output(stack, "later.txt"))
    assert output(stack, "picture.jpg") is None


def test_a_failed_message_alone_goes_to_the_dead_letter_queue(stack: RunningStack) -> None:
    before = queue_length(stack, "DeadLetters")
    stack.s3.put_object(Bucket=SOURCE, Key="bad.txt", Body=b"poison")
    stack.s3.put_object(Bucket=SOURCE, Key="good.txt", Body=b"good")
    assert eventually(lambda: output(stack, "good.txt")) == b"layered GOOD"
    assert eventually(lambda: queue_length(stack, "DeadLetters") == before + 1 or None)
    assert output(stack, "bad.txt") is None


def test_buckets_have_the_versioning_of_the_template(stack: RunningStack) -> None:
    assert stack.s3.get_bucket_versioning(Bucket=SOURCE).get("Status") == "Enabled"
    assert "Status" not in stack.s3.get_bucket_versioning(Bucket=TARGET)
