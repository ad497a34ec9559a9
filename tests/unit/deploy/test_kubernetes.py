"""The manifests of Kubernetes: they build, are valid, and describe jobs that this project can run."""

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from click import Command
from typer.main import get_command

from tests.conftest import ROOT
from training.__main__ import app

KUBERNETES = ROOT / "deploy" / "kubernetes"
OVERLAYS = ["prepare", "indexed-job", "kubeflow", "try/prepare", "try/indexed-job"]
METRICS_PORT = "--metrics-port"
Manifest = dict[str, Any]

pytestmark = pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="no kubectl, which builds the manifests (kubectl kustomize)"
)


@cache
def built(overlay: str) -> list[Manifest]:
    command = ["kubectl", "kustomize", str(KUBERNETES / overlay)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def found(overlay: str, kind: str, name: str) -> Manifest:
    (one,) = (each for each in built(overlay) if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return one


def jobs() -> Iterator[Manifest]:
    return (each for overlay in OVERLAYS for each in built(overlay) if each["kind"] == "Job")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_api_accepts_every_resource(overlay: str) -> None:
    validator = pytest.importorskip("kubernetes_validate", reason="not installed: make manifests")
    models = pytest.importorskip("kubeflow_trainer_api.models", reason="not installed: make manifests")
    for manifest in built(overlay):
        if manifest["kind"] == "TrainJob":
            # The models drop what they do not know.
            assert models.TrainerV1alpha1TrainJob.from_dict(manifest).to_dict() == manifest
        else:
            validator.validate(manifest, validator.latest_version(), strict=True)


def options_of(command: str) -> set[str]:
    group: Any = get_command(app)
    found: Command = group.commands[command]
    return {option for parameter in found.params for option in parameter.opts}


def test_the_arguments_are_those_of_the_commands() -> None:
    arguments = [job["spec"]["template"]["spec"]["containers"][0]["args"] for job in jobs()]
    arguments.append(found("kubeflow", "TrainJob", "frond-fit")["spec"]["trainer"]["args"])
    for command, *rest in arguments:
        used = {word.partition("=")[0] for word in rest if word.startswith("--")}
        assert used <= options_of(command), f"{command} has other options"


def test_the_processes_of_the_indexed_job_find_each_other() -> None:
    job, service = (found("indexed-job", kind, "frond-fit") for kind in ("Job", "Service"))
    pod = job["spec"]["template"]
    container = pod["spec"]["containers"][0]
    environment = {each["name"]: each["value"] for each in container["env"]}
    host, _, port = environment["FROND_COORDINATOR"].partition(":")
    # Kubernetes names a pod of an Indexed Job JOB-INDEX, and SUBDOMAIN makes it a name in DNS.
    assert host == f"{job['metadata']['name']}-0.{pod['spec']['subdomain']}"
    assert pod["spec"]["subdomain"] == service["metadata"]["name"]
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["publishNotReadyAddresses"]
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    ports = {each["port"] for each in service["spec"]["ports"]}
    assert ports == {each["containerPort"] for each in container["ports"]}
    (metrics,) = (word.partition("=")[2] for word in container["args"] if word.startswith(METRICS_PORT))
    assert {int(port), int(metrics)} == ports
    count = int(environment["FROND_PROCESS_COUNT"])
    assert count == job["spec"]["completions"] == job["spec"]["parallelism"] > 1
    assert job["spec"]["completionMode"] == "Indexed"


def test_failures_are_retried_where_that_helps() -> None:
    job = found("indexed-job", "Job", "frond-fit")["spec"]
    drained, wrong, lost = job["podFailurePolicy"]["rules"]
    assert (drained["action"], drained["onPodConditions"][0]["type"]) == ("Ignore", "DisruptionTarget")
    assert (wrong["action"], wrong["onExitCodes"]["values"]) == ("FailJob", [2])
    assert (lost["action"], lost["onExitCodes"]["values"]) == ("Count", [75, 134])
    assert job["backoffLimitPerIndex"] > 0
    names = {each["name"] for each in job["template"]["spec"]["containers"]}
    assert {wrong["onExitCodes"]["containerName"], lost["onExitCodes"]["containerName"]} == names
    # The policy needs it.
    assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_no_container_has_more_rights_than_it_needs() -> None:
    for job in jobs():
        assert job["spec"]["ttlSecondsAfterFinished"] > 0
        pod = job["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not pod["automountServiceAccountToken"]
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert rights["readOnlyRootFilesystem"]
            assert not rights["allowPrivilegeEscalation"]
            assert rights["capabilities"] == {"drop": ["ALL"]}
            for kind in ("requests", "limits"):
                assert {"cpu", "memory"} <= container["resources"][kind].keys()
            mounts = {each["name"]: each for each in container["volumeMounts"]}
            assert mounts["scratch"]["mountPath"] == "/tmp"


def test_photos_are_mounted_read_only_and_each_data_set_has_a_claim() -> None:
    job, claims = found("prepare", "Job", "frond-prepare"), built("prepare")
    pod = job["spec"]["template"]["spec"]
    volumes = {each["name"]: each.get("persistentVolumeClaim") for each in pod["volumes"]}
    sources = [word for word in pod["containers"][0]["args"] if word.startswith("/photos/")]
    assert len(sources) == 2
    for source in sources:
        (mount,) = (each for each in pod["containers"][0]["volumeMounts"] if each["mountPath"] == source)
        claim = volumes[mount["name"]]
        assert mount["readOnly"]
        assert claim["readOnly"]
        (described,) = (each for each in claims if each["metadata"]["name"] == claim["claimName"])
        assert described["spec"]["accessModes"] == ["ReadOnlyMany"]
    assert found("prepare", "PersistentVolumeClaim", "runs")["spec"]["accessModes"] == ["ReadWriteMany"]


def test_the_kubeflow_job_mounts_what_the_indexed_job_mounts() -> None:
    spec = found("kubeflow", "TrainJob", "frond-fit")["spec"]
    job = found("indexed-job", "Job", "frond-fit")["spec"]
    assert spec["runtimeRef"]["name"] == "jax-distributed"
    patch = spec["runtimePatches"][0]["trainingRuntimeSpec"]["template"]["spec"]["replicatedJobs"][0]
    pod, plain = patch["template"]["spec"]["template"]["spec"], job["template"]["spec"]
    assert pod["volumes"] == plain["volumes"]
    assert pod["securityContext"] == plain["securityContext"]
    (container,), (other,) = pod["containers"], plain["containers"]
    assert container["volumeMounts"] == other["volumeMounts"]
    assert container["securityContext"] == other["securityContext"]
    assert spec["trainer"]["args"] == other["args"]
    assert spec["trainer"]["resourcesPerNode"] == other["resources"]
    assert spec["trainer"]["numNodes"] == job["completions"]


def test_the_network_is_closed_but_for_the_processes_dns_and_prometheus() -> None:
    policy = found("indexed-job", "NetworkPolicy", "frond-training")["spec"]
    assert policy["podSelector"] == {}
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert not any("ipBlock" in peer for rule in policy["egress"] for peer in rule["to"])
    assert [port["port"] for rule in policy["ingress"] for port in rule.get("ports", [])] == [9100]


def test_the_service_monitor_finds_the_service(tmp_path: Path) -> None:
    component = KUBERNETES / "components" / "service-monitor" / "service-monitor.yaml"
    monitor = yaml.safe_load(component.read_text(encoding="utf-8"))
    service = found("indexed-job", "Service", "frond-fit")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["endpoints"][0]["port"] in {each["name"] for each in service["spec"]["ports"]}


def test_the_script_is_valid_shell() -> None:
    subprocess.run(["bash", "-n", KUBERNETES / "try.sh"], check=True)
