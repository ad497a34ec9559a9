"""Pictures of nothing, made at random.

Photos of everything that is no plant cannot be collected; pictures with the statistics of photos can be
made: overlapping shapes whose sizes follow a power law ("dead leaves"), noise whose spectrum falls off
like that of photos, and blends of both (Baradad et al. 2021, arXiv:2106.05963).
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SHAPES = (3, 500)
CORNERS = (3, 4, 5, 6, 24)
# Radii, as shares of the picture's side.
RADII = (0.02, 0.5)
# The power of the frequency by which amplitudes fall; photos lie between 1 and 2.
FALLS = (0.5, 3.0)
LEVELS = 256


def make_textures(count: int, size: int, draw: np.random.Generator) -> NDArray[np.uint8]:
    """Return pictures ``uint8[count, size, size, 3]``, which the generator alone decides."""
    pictures = np.empty((count, size, size, 3), dtype=np.uint8)
    for picture in pictures:
        share, colour = draw.beta(0.5, 0.5), draw.uniform()
        blend = share * _dead_leaves(size, draw) + (1 - share) * _noise(size, draw)
        grey = blend.mean(axis=2, keepdims=True)
        picture[:] = np.rint(colour * blend + (1 - colour) * grey)
    return pictures


def _dead_leaves(size: int, draw: np.random.Generator) -> NDArray[np.uint8]:
    """Return shapes on shapes, from a handful to hundreds, in colours around one of them."""
    count = int(np.exp(draw.uniform(*np.log(SHAPES))))
    spread = draw.uniform(0, LEVELS / 2)
    colours = _colours(draw.normal(draw.uniform(0, LEVELS, 3), spread, (count + 1, 3)))
    smallest, largest = (1 / radius**2 for radius in RADII)
    radii = size / np.sqrt(draw.uniform(largest, smallest, count))
    canvas = Image.new("RGB", (size, size), tuple(colours[-1].tolist()))
    pencil = ImageDraw.Draw(canvas)
    for radius, colour in zip(radii, colours, strict=False):
        corners = draw.choice(CORNERS)
        angles = draw.uniform(0, 2 * np.pi) + np.arange(corners) * 2 * np.pi / corners
        circle = np.stack([np.cos(angles), draw.uniform(0.2, 1) * np.sin(angles)], axis=1)
        corner = draw.uniform(0, size, 2) + radius * circle @ _turn(draw.uniform(0, np.pi))
        pencil.polygon(corner.ravel().tolist(), fill=tuple(colour.tolist()))
    return np.asarray(canvas)


def _noise(size: int, draw: np.random.Generator) -> NDArray[np.uint8]:
    """Return noise, fine or coarse, its three colours related as much as chance has it."""
    frequencies = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)) + 1 / size
    spectrum = np.fft.rfft2(draw.normal(size=(3, size, size))) / frequencies ** draw.uniform(*FALLS)
    channels = np.fft.irfft2(spectrum, s=(size, size))
    channels /= channels.std(axis=(1, 2), keepdims=True)
    mixed = np.einsum("ij,jhw->hwi", draw.normal(size=(3, 3)), channels)
    contrast = draw.uniform(0, LEVELS / 3)
    return _colours(draw.uniform(0, LEVELS, 3) + contrast * mixed)


def _turn(angle: float) -> NDArray[np.float64]:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine], [sine, cosine]])


def _colours(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.clip(values, 0, LEVELS - 1).astype(np.uint8)
