"""Gates against earlier models: no loss beyond chance, on the same photos."""

from training.releases.gate import Gate, number
from training.releases.paired import MeasuredModel, PairedComparison, compare_paired


def paired_gates(new: MeasuredModel, stable: MeasuredModel | None, best: MeasuredModel | None) -> list[Gate]:
    """Compare a model with stable, and with the best release on the same photos.

    Each release may be a little worse than stable by chance. The best release does not move with stable, so
    such losses cannot add up.
    """
    version = new.manifest.version
    if stable is None or stable.manifest.version == version:
        f1 = number(new.manifest.metrics, "macro_f1")
        measured = "not measured" if f1 is None else f"{f1:.4f}"
        gates = [Gate("macro F1", measured, "any: stable has no other model", f1 is not None)]
    else:
        gates = _against(new, stable, "stable")
    if best and best.manifest.version not in {version, stable and stable.manifest.version}:
        gates += _against(new, best, "the best release")
    return gates


def _against(new: MeasuredModel, earlier: MeasuredModel, name: str) -> list[Gate]:
    found = compare_paired(new, earlier)
    if found:
        return [_f1_gate(found, earlier, name), _loss_gate(found, earlier, name)]
    # Models released before predictions were stored.
    return [_unpaired(new, earlier, name)]


def _f1_gate(found: PairedComparison, earlier: MeasuredModel, name: str) -> Gate:
    f1 = found.macro_f1
    return Gate(
        f"macro F1 against {name}",
        f"{f1.mean:+.4f} (95 % {f1.low:+.4f} to {f1.high:+.4f}), {found.lost} lost and {found.won} won of "
        f"{found.photos} photos, p = {found.p_value:.2g}",
        f"no loss beyond chance against {earlier.manifest.version}",
        f1.high >= 0,
    )


def _loss_gate(found: PairedComparison, earlier: MeasuredModel, name: str) -> Gate:
    loss = found.loss
    return Gate(
        f"log loss against {name}",
        f"{loss.mean:+.4f} (95 % {loss.low:+.4f} to {loss.high:+.4f})",
        f"no rise beyond chance against {earlier.manifest.version}",
        loss.low <= 0,
    )


def _unpaired(new: MeasuredModel, earlier: MeasuredModel, name: str) -> Gate:
    """Compare macro F1 with the lower end of the earlier model's 95 % interval."""
    f1 = number(new.manifest.metrics, "macro_f1")
    measured = "not measured" if f1 is None else f"{f1:.4f}"
    tested, before = new.manifest.dataset.test_fingerprint, earlier.manifest
    if tested is None or tested != before.dataset.test_fingerprint:
        return Gate("macro F1", measured, f"measured on the same photos as {name} ({before.version})", False)
    best = number(before.metrics, "macro_f1") or 0.0
    low, _ = before.metrics.get("macro_f1_interval") or (best, best)
    required = f"at least {low:.4f}, the low end for {name}'s {best:.4f}"
    return Gate("macro F1", measured, required, f1 is not None and f1 >= low)
