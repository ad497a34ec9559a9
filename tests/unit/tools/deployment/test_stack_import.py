"""The template that begins a stack with the data of a deleted one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools.deployment.stack_import import StackImportError, import_documents

pytestmark = pytest.mark.slow
NAMES = {
    "UploadsBucket": "frond-prod-uploadsbucket-1",
    "PicturesBucket": "frond-prod-picturesbucket-1",
    "ResultsBucket": "frond-prod-resultsbucket-1",
    "ModelsBucket": "frond-prod-modelsbucket-1",
    "RecordsTable": "frond-prod-RecordsTable-1",
}


def test_every_resource_of_the_import_has_its_name_and_nothing_else_is_created(tmp_path: Path) -> None:
    template, resources = import_documents(ROOT / "template.yaml", NAMES)
    assert template["Resources"].keys() == NAMES.keys()
    assert {each["LogicalResourceId"]: [*each["ResourceIdentifier"].values()] for each in resources} == {
        logical: [name] for logical, name in NAMES.items()
    }
    assert all(each["DeletionPolicy"] == "Retain" for each in template["Resources"].values())
    assert "Ref" not in json.dumps(template)
    path = tmp_path / "import-template.json"
    path.write_text(json.dumps(template))
    lint = [str(Path(sys.executable).with_name("cfn-lint")), "--regions", "eu-west-1", "--", str(path)]
    # Informational rules ask for settings that the next deployment adds.
    assert subprocess.run(lint, capture_output=True, check=False).returncode in {0, 8}


def test_a_missing_name_is_refused() -> None:
    with pytest.raises(StackImportError, match="RecordsTable"):
        import_documents(ROOT / "template.yaml", {"UploadsBucket": "a"})
