"""Random textures as outlier images.

Nobody can collect photos of everything that is not a plant, but images with the statistics of photos can be
generated: overlapping shapes whose sizes follow a power law ("dead leaves"), noise with a photo's
spectrum, and blends of both (Baradad et al. 2021, arXiv:2106.05963).
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SHAPES = (3, 500)
CORNERS = (3, 4, 5, 6, 24)
# Radii, as shares of the image's side.
RADII = (0.02, 0.5)
# The power of the frequency by which amplitudes fall; photos lie between 1 and 2.
FALLS = (0.5, 3.0)
LEVELS = 256


def make_textures(count: int, size: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """Generate textures ``uint8[count, size, size, 3]`` from a seeded generator."""
    pictures = np.empty((count, size, size, 3), dtype=np.uint8)
    for picture in pictures:
        share, colour = random.beta(0.5, 0.5), random.uniform()
        blend = share * _dead_leaves(size, random) + (1 - share) * _noise(size, random)
        grey = blend.mean(axis=2, keepdims=True)
        picture[:] = np.rint(colour * blend + (1 - colour) * grey)
    return pictures


def _dead_leaves(size: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """Return overlapping shapes, three to hundreds, in similar colours."""
    count = int(np.exp(random.uniform(*np.log(SHAPES))))
    spread = random.uniform(0, LEVELS / 2)
    colours = _colours(random.normal(random.uniform(0, LEVELS, 3), spread, (count + 1, 3)))
    smallest, largest = (1 / radius**2 for radius in RADII)
    radii = size / np.sqrt(random.uniform(largest, smallest, count))
    canvas = Image.new("RGB", (size, size), tuple(colours[-1].tolist()))
    pencil = ImageDraw.Draw(canvas)
    for radius, colour in zip(radii, colours, strict=False):
        corners = random.choice(CORNERS)
        angles = random.uniform(0, 2 * np.pi) + np.arange(corners) * 2 * np.pi / corners
        circle = np.stack([np.cos(angles), random.uniform(0.2, 1) * np.sin(angles)], axis=1)
        corner = random.uniform(0, size, 2) + radius * circle @ _turn(random.uniform(0, np.pi))
        pencil.polygon(corner.ravel().tolist(), fill=tuple(colour.tolist()))
    return np.asarray(canvas)


def _noise(size: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """Return coloured noise with a power-law spectrum and randomly correlated channels."""
    frequencies = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)) + 1 / size
    spectrum = np.fft.rfft2(random.normal(size=(3, size, size))) / frequencies ** random.uniform(*FALLS)
    channels = np.fft.irfft2(spectrum, s=(size, size))
    channels /= channels.std(axis=(1, 2), keepdims=True)
    mixed = np.einsum("ij,jhw->hwi", random.normal(size=(3, 3)), channels)
    contrast = random.uniform(0, LEVELS / 3)
    return _colours(random.uniform(0, LEVELS, 3) + contrast * mixed)


def _turn(angle: float) -> NDArray[np.float64]:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine], [sine, cosine]])


def _colours(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.clip(values, 0, LEVELS - 1).astype(np.uint8)
