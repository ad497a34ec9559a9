from pathlib import Path

from local.access_log import AccessLog


def test_a_line_has_the_variables_of_the_format(tmp_path: Path) -> None:
    log = AccessLog(
        tmp_path / "new" / "log", "$context.requestId $context.identity.apiKeyId $context.status."
    )
    log.write({"requestId": "r-1", "identity": {"apiKeyId": "k"}, "status": 200})
    log.write({"requestId": "r-2", "identity": {"apiKeyId": None}})
    assert (tmp_path / "new" / "log").read_text() == "r-1 k 200.\nr-2 - -.\n"


def test_a_new_log_is_empty(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("of the last run\n")
    AccessLog(tmp_path / "log", "$context.requestId")
    assert (tmp_path / "log").read_text() == ""


def test_a_stage_without_an_access_log_keeps_nothing(tmp_path: Path) -> None:
    AccessLog(tmp_path / "log", None).write({"requestId": "r-1"})
    assert list(tmp_path.iterdir()) == []
