# ---
# jupyter:
#   jupytext:
#     formats: ipynb,source//py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From a folder of photos to a model that answers
#
# This notebook trains a model for three seedlings from the 132 small photos beside it, and asks it. Every
# step is a command of the project, so that the same lines work in a terminal with your own photos. It takes
# a minute or two on two cores and needs no network. `make notebook` opens it; *Run all cells* repeats
# everything below.

# %%
import json
import os
import shutil
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

os.environ["TERM"] = "dumb"  # no animated progress bars
work = Path("work")
shutil.rmtree(work, ignore_errors=True)
training = f"{sys.executable} -W ignore -m training"

# %% [markdown]
# ## The photos
#
# One folder a species; its name may be a scientific or a common one.

# %%
folders = sorted(path for path in Path("photos").iterdir() if path.is_dir())
figure, grid = plt.subplots(len(folders), 8, figsize=(8, 3.2), layout="constrained")
for folder, row in zip(folders, grid, strict=True):
    row[0].set_title(f"{folder.name}, {len(list(folder.iterdir()))} photos", fontsize=9, loc="left")
    for axes, photo in zip(row, sorted(folder.iterdir()), strict=False):
        axes.imshow(Image.open(photo))
        axes.axis("off")

# %% [markdown]
# ## Prepare
#
# `prepare` reads each photo as the service will, draws the splits and writes a data card. Photos that are
# alike stay in one split. The note on groups is meant: without plant ids, photos of one plant may be on
# both sides.

# %%
# !{training} prepare photos work/data --size 72 --licence "CC BY-SA 4.0" --attribution "Giselsson 2017"

# %% [markdown]
# ## Fit
#
# `small` is a recipe for a first try: a small network, from random weights. For a good model use `default`,
# which starts from ImageNet's weights. The same command resumes after an interruption.

# %%
# !{training} fit work/data work/run --recipe small

# %%
curves = Image.open(work / "run" / "curves.png")
curves.thumbnail((640, 640))
curves

# %% [markdown]
# ## Export
#
# `export` quantizes the network to int8, compares every number format with the network, and fits
# temperature and thresholds to the validation photos.

# %%
# !{training} export work/data work/run work/model

# %%
formats = json.loads((work / "model/report/quantization.json").read_text())["variants"]
print(f"{'format':10}{'kB':>8}{'accuracy':>12}{'agrees with Keras':>20}")
for each in formats:
    kilobytes = each["size_bytes"] / 1000
    print(f"{each['name']:10}{kilobytes:8.0f}{each['accuracy']:12.3f}{each['agreement']:20.3f}")

# %% [markdown]
# ## Evaluate
#
# `evaluate` measures the exported file on the test photos, through the code that serves it. With 18 of them
# the intervals are wide: that is what few photos can show. It writes `work/model/report/index.html`, the
# full report.

# %%
# !{training} evaluate work/data work/model

# %% [markdown]
# Which species does it confuse, and can its confidence be trusted? A bar on the diagonal line is as often
# right as it says.

# %%
from sklearn.metrics import ConfusionMatrixDisplay

metrics = json.loads((work / "model/report/metrics.json").read_text())
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained")
labels = [slug.replace("-", "\n") for slug in metrics["species"]]
ConfusionMatrixDisplay(np.array(metrics["confusion"]), display_labels=labels).plot(
    ax=left, cmap="Greens", colorbar=False
)
left.set(xlabel="answer", ylabel="truth")
for each in metrics["reliability"]:
    right.bar(each["confidence"], each["accuracy"], width=0.04, color="seagreen")
    right.annotate(f"{each['photos']}", (each["confidence"], each["accuracy"]), ha="center", va="bottom")
right.plot([0, 1], [0, 1], color="grey", linewidth=1)
_ = right.set(xlim=(0, 1.05), ylim=(0, 1.1), xlabel="confidence", ylabel="right answers (of so many photos)")

# %% [markdown]
# ## Where it looked
#
# The model also returns the logits by position, of which their mean is the answer. The green parts support
# it.

# %%
from frond.classifier import Classifier
from training.data.dataset import Dataset
from training.report.overlay import COLOURS, tinted

classifier = Classifier.load(work / "model")
dataset = Dataset(work / "data")
test = dataset.indices("test")
figure, grid = plt.subplots(2, 6, figsize=(8, 3), layout="constrained")
for photo, (above, below) in zip(test[:: max(1, len(test) // 6)], grid.T, strict=False):
    picture = dataset.pictures[photo]
    inference = classifier.infer(np.ascontiguousarray(picture))
    answer = int(inference.logits.argmax())
    evidence = (inference.evidence - inference.evidence.mean(axis=-1, keepdims=True))[..., answer]
    above.imshow(picture)
    below.imshow(tinted(picture.astype(float), evidence, COLOURS["truth"], max(float(evidence.max()), 1e-6)))
    above.set_title(classifier.manifest.labels[answer].common_names["en"], fontsize=8)
    above.axis("off")
    below.axis("off")

# %% [markdown]
# ## Ask it
#
# The service makes these two calls for each photo. The first two photos are of species that the model
# knows, the third is a cranesbill, which it has never seen.

# %%
from frond.preprocessing import read_photo

for name in ("zea-mays", "sinapis-arvensis", "geranium-pusillum"):
    photo = read_photo(Path(f"../events/photos/{name}.jpg").read_bytes(), classifier.manifest.input)
    output = classifier.classify(photo.pixels)
    best = output.candidates[0]
    print(f"{name:18} {output.verdict:15} {best.species.scientific_name}, {best.confidence:.1%}")

# %% [markdown]
# ## Serve it
#
# In a terminal `make serve` runs the whole stack, with its page and its HTTP API. These commands then make
# it answer with this model (`--force`, since the gates rightly refuse a model of so few photos):
#
# ```sh
# training release notebooks/work/model --local --force "a first try"
# training promote --local
# ```
#
# Next: [your own plants](../docs/10-own-plants.md), [training](../docs/03-training.md) and [many
# machines](../docs/22-kubernetes.md).
