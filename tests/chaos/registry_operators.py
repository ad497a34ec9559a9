"""Operators who promote and roll back at random, and the checks of the registry that they leave."""

import random
import threading
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from botocore.config import Config

from frond.manifest import MODEL_NAME, describe, read_manifest, version_of
from frond.registry import ChannelUpdate, ConflictError, NoPreviousVersionError, Registry
from tests.conftest import ROOT
from tests.support.running_stack import RunningStack

BAKED_IN = ROOT / "functions" / "classify" / "model"
VERSIONS = 3


@dataclass(frozen=True)
class OperatorUpdate:
    """An update that an operator believes to have made."""

    operator: str
    update: ChannelUpdate


class RegistryOperator(threading.Thread):
    """Promote a random version or roll back, at random moments until :meth:`stop`."""

    def __init__(self, name: str, registry: Registry, versions: list[str], dice: random.Random) -> None:
        super().__init__(name=name, daemon=True)
        self._registry, self._versions, self._dice = registry, versions, dice
        self._stopping = threading.Event()
        self.updates: list[OperatorUpdate] = []
        self.conflicts = 0
        self.fault: BaseException | None = None

    def run(self) -> None:
        """Update the channel; another operator's update at the same time is no fault."""
        try:
            # Bursts bring conflicts; the pauses leave the functions time to load a model.
            while not self._stopping.wait(self._dice.choice([0, 0, self._dice.uniform(5, 15)])):
                self._act()
        except BaseException as error:  # noqa: BLE001 - shown with the findings
            self.fault = error

    def _act(self) -> None:
        channels = self._registry.channels
        pointer = channels.pointer("stable")
        try:
            if self._dice.random() < 0.4:
                update = channels.roll_back(pointer, self.name)
            else:
                update = channels.advance(pointer, self._dice.choice(self._versions), self.name)
        except ConflictError:
            self.conflicts += 1
        except NoPreviousVersionError:
            return
        else:
            self.updates.append(OperatorUpdate(self.name, update))

    def stop(self) -> None:
        """Finish the current update, and wait for the end of the thread."""
        self._stopping.set()
        self.join()


def open_registry(stack: RunningStack) -> Registry:
    """Open the stack's registry, with a client of its own."""
    return Registry.open(
        stack.info["models_bucket"],
        Config(proxies={}),
        endpoint_url=stack.info["aws_endpoint_url"],
        region_name=stack.info["region"],
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def publish_versions(registry: Registry, folder: Path) -> list[str]:
    """Publish copies of the baked-in model, each with padding behind its end that no reader uses."""
    versions = []
    for padding in range(16, 16 * (VERSIONS + 1), 16):
        file = folder / f"{padding}-{MODEL_NAME}"
        file.write_bytes((BAKED_IN / MODEL_NAME).read_bytes() + bytes(padding))
        model = file.read_bytes()
        changes = {"file": describe(model), "version": version_of(model)}
        manifest = read_manifest(BAKED_IN).model_copy(update=changes)
        registry.versions.publish(manifest, {MODEL_NAME: file})
        versions.append(manifest.version)
    return versions


def registry_faults(registry: Registry, operators: list[RegistryOperator]) -> list[str]:
    """Return sentences about updates that were lost, doubled or made up."""
    faults = [f"{each.name}: {each.fault!r}" for each in operators if each.fault]
    history = registry.channels.history("stable")[::-1]
    made = sorted((each.update for who in operators for each in who.updates), key=lambda each: each.sequence)
    if [each.sequence for each in history] != [*range(1, len(history) + 1)]:
        faults.append(f"the history is numbered {[each.sequence for each in history]}")
    if [each.model_dump() for each in made] != [each.model_dump() for each in history]:
        faults.append(f"operators made {_brief(made)}; the history holds {_brief(history)}")
    for before, after in pairwise(history):
        if after.origin != before.version:
            faults.append(f"update {after.sequence} replaced {after.origin}, not {before.version}")
    if history and registry.channels.pointer("stable").version != history[-1].version:
        faults.append("stable does not point at the last update's version")
    return faults


def _brief(updates: list[ChannelUpdate]) -> list[str]:
    return [f"{each.sequence} {each.action} by {each.moved_by}" for each in updates]
