"""Search for the files that are accepted and cost the most to decode, with the preview.

Each candidate is just under the ceiling of its format and mode, and is decoded in a process of its own. Times
are also given relative to an ordinary photo's in the same run, which a busy machine slows down alike.
"""

import io
import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
import typer
from PIL import Image
from rich.console import Console

from benchmarks.paths import ROOT
from benchmarks.sample_photos import PHONE, photos
from frond.image_bounds import MAX_PNG_CHUNKS, MAX_SCAN_SAMPLES, MAX_SIDE, pixel_ceiling
from frond.preprocessing import DecodeLimits
from tests.support.costly_images import gif_comments, jpeg_scans, lossless_webp, png, png_chunk
from tests.support.sample_images import encoded

PAGE = ROOT / "docs" / "experiments" / "worst-inputs.md"
START, END = "<!-- table -->\n", "<!-- end of the table -->\n"
HEADER = (
    "| format | file | MB | CPU s | × a photo | MB of memory | answer |\n|---|---|---:|---:|---:|---:|---|\n"
)
LIMIT = DecodeLimits().max_pixels
# The slowest of x265 would take minutes for the largest images.
FAST_HEIC = {"quality": 30, "enc_params": {"preset": "ultrafast"}}
PNG_MODES = (
    ("grey", 0, 1),
    ("grey", 0, 16),
    ("colour", 2, 8),
    ("colour", 2, 16),
    ("palette", 3, 8),
    ("grey and alpha", 4, 8),
    ("grey and alpha", 4, 16),
    ("colour and alpha", 6, 8),
    ("colour and alpha", 6, 16),
)
# A size whose thumbnail needs a second decode, the largest.
TWICE = 3_670

# Run in a child, on Linux: CPU seconds and peak bytes beyond those before the decode. The peak of getrusage
# would include the parent's.
MEASURE = """
import re, resource, sys, warnings
import PIL.AvifImagePlugin, PIL.WebPImagePlugin, pillow_heif
from frond.preprocessing import PreprocessingSpec, read_with_preview
from frond.problems import Problem
warnings.simplefilter("ignore", UserWarning)
def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    peak = int(re.search("VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
    return usage.ru_utime + usage.ru_stime, peak
data = open(sys.argv[1], "rb").read()
before = used()
try:
    read_with_preview(data, PreprocessingSpec(size=224), 512)
    answer = "read"
except Problem as problem:
    answer = problem.slug
after = used()
print(after[0] - before[0], (after[1] - before[1]) * 1024, answer)
"""


@dataclass(frozen=True, slots=True)
class DecodeCost:
    """CPU time and memory of decoding one file."""

    format: str
    name: str
    file_bytes: int
    seconds: float
    memory: int
    answer: str

    def row(self, photo: "DecodeCost") -> str:
        """Return a row of the table, with the time relative to an ordinary photo's."""
        size, relative = f"{self.file_bytes / 1e6:.2f}", f"{self.seconds / photo.seconds:.1f}"
        return (
            f"| {self.format} | {self.name} | {size} | {self.seconds:.2f} | {relative} "
            f"| {self.memory / 1e6:.0f} | {self.answer} |\n"
        )


def worst_inputs(
    only: Annotated[str, typer.Option(help="Part of a candidate's name or format.")] = "",
    write: Annotated[bool, typer.Option("--write", help="Also write the table to its page.")] = False,
) -> None:
    """Decode the costliest accepted files of each format, and print CPU time and peak memory."""
    out = Console(soft_wrap=True, highlight=False)
    (photo,) = (each for each in photos() if each.name == PHONE)
    ordinary = measure("JPEG", "a phone's photo of 12 megapixels", photo.path.read_bytes())
    rows = [ordinary.row(ordinary)]
    out.print(HEADER + rows[0], end="", markup=False)
    for kind, name, build in candidates():
        if only.lower() in f"{kind} {name}".lower():
            rows.append(measure(kind, name, build()).row(ordinary))
            out.print(rows[-1], end="", markup=False)
    if write:
        page = PAGE.read_text(encoding="utf-8")
        before, rest = page.split(START)
        table = f"\n{HEADER}{''.join(rows)}\n"
        PAGE.write_text(before + START + table + END + rest.split(END)[1], encoding="utf-8")


def measure(kind: str, name: str, data: bytes) -> DecodeCost:
    """Decode a file in a process of its own."""
    layer = ROOT / "layers" / "frond" / "python"
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        command = [sys.executable, "-c", MEASURE, file.name]
        result = subprocess.run(command, cwd=layer, capture_output=True, text=True, check=True)
    seconds, memory, answer = result.stdout.split()
    return DecodeCost(kind, name, len(data), float(seconds), int(memory), answer)


Candidates = Iterator[tuple[str, str, Callable[[], bytes]]]


def candidates() -> Candidates:
    """Yield format, name and builder of each candidate."""
    yield from _pngs()
    yield from _others()
    yield from _jpegs()


def _jpegs() -> Candidates:
    for side, budget in ((8000, MAX_SCAN_SAMPLES), (TWICE, MAX_SCAN_SAMPLES // 2)):
        scans = budget // side**2
        yield "JPEG", f"{scans} scans, {side} × {side}", partial(jpeg_scans, side, side, scans)
    yield "JPEG", "CMYK, 21 scans, 8000 × 8000", partial(jpeg_scans, 8000, 8000, 21, 4)
    for width, height in ((8000, 8000), (TWICE, TWICE), (MAX_SIDE - 35, 970)):
        for mode, progressive in (("RGB", False), ("RGB", True), ("CMYK", True)):
            name = f"{mode}, {'progressive' if progressive else 'baseline'}, noise, {width} × {height}"
            yield "JPEG", name, partial(noisy_jpeg, mode, width, height, progressive=progressive)


def _pngs() -> Candidates:
    for name, kind, depth in PNG_MODES:
        for interlaced in (False, True):
            full = f"{name}, {depth} bits{', interlaced' if interlaced else ''}"
            yield "PNG", full, partial(largest_png, kind, depth, interlaced=interlaced)
    for name, kind, depth, body in (
        ("grey, tRNS", 0, 8, bytes(2)),
        ("grey, 16 bits, tRNS", 0, 16, bytes(2)),
        ("colour, tRNS", 2, 8, bytes(6)),
        ("palette, tRNS", 3, 8, bytes(range(256))),
    ):
        yield "PNG", name, partial(largest_png, kind, depth, more=png_chunk(b"tRNS", body))
    yield "PNG", f"{MAX_SIDE} × 970", partial(png, MAX_SIDE, 970, 8, 2)
    yield "PNG", f"970 × {MAX_SIDE}", partial(png, 970, MAX_SIDE, 8, 2)
    chunks = png_chunk(b"teSt", b"") * (MAX_PNG_CHUNKS - 5)
    yield "PNG", "40,000 empty chunks", partial(png, 8, 8, 8, 2, more=chunks)


def _others() -> Candidates:
    yield "GIF", "flat", partial(largest, "GIF", "P")
    yield "GIF", "transparent", partial(largest, "GIF", "P", transparency=0)
    yield "GIF", "3,900 comment blocks", partial(gif_comments, 3_900)
    yield "WebP", "lossless, one colour", partial(lossless_webp, 5390, 5390)
    yield "WebP", "lossless, noise", lambda: _noisy("WEBP", 3400, lossless=True, method=0, quality=0)
    yield "WebP", "lossy", partial(largest, "WEBP", "RGB", method=0)
    yield "WebP", "lossy, noise", lambda: _noisy("WEBP", 5900, quality=40, method=0)
    yield "WebP", "lossy, alpha", partial(largest, "WEBP", "RGBA", method=0)
    for mode in ("RGB", "RGBA"):
        for sampling in ("4:2:0", "4:4:4"):
            builder = partial(largest, "AVIF", mode, speed=10, subsampling=sampling)
            yield "AVIF", f"{mode}, {sampling}", builder
    yield "AVIF", "noise", lambda: _noisy("AVIF", 2000, speed=10, quality=80)
    yield "HEIC", "RGB", partial(largest, "HEIF", "RGB", **FAST_HEIC)
    yield "HEIC", "RGBA", partial(largest, "HEIF", "RGBA", **FAST_HEIC)
    yield "HEIC", "noise", lambda: _noisy("HEIF", 2000, **FAST_HEIC | {"quality": 80})


def _noisy(kind: str, side: int, **options: object) -> bytes:
    return encoded(noise("RGB", side, side, 63), kind, **options)


def noise(mode: str, width: int, height: int, highest: int) -> Image.Image:
    """Return an image of repeated noise."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    shape = (512, 512) if channels == 1 else (512, 512, channels)
    tile = np.random.default_rng(1).integers(0, highest + 1, shape, dtype=np.uint8)
    repeats = (math.ceil(height / 512), math.ceil(width / 512), *((1,) if channels > 1 else ()))
    return Image.frombytes(mode, (width, height), np.tile(tile, repeats)[:height, :width].tobytes())


def noisy_jpeg(mode: str, width: int, height: int, *, progressive: bool) -> bytes:
    """Return the JPEG of the highest quality whose bytes are accepted."""
    image = noise(mode, width, height, 90)
    options = {"subsampling": 0} if mode == "RGB" else {}
    for quality in (75, 30, 10):
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality, progressive=progressive, **options)
        if file.tell() < DecodeLimits().max_bytes:
            break
    return file.getvalue()


def largest_png(kind: int, depth: int, *, interlaced: bool = False, more: bytes = b"") -> bytes:
    """Return a square PNG of as many pixels as its mode may have."""
    side = math.isqrt(pixel_ceiling(png(8, 8, depth, kind, interlaced=interlaced, more=more), LIMIT))
    return png(side, side, depth, kind, interlaced=interlaced, more=more)


def largest(kind: str, mode: str, **options: object) -> bytes:
    """Return a square image of one colour, of as many pixels as its mode may have."""
    colour = (10, 90, 30, 100)[: len(Image.new(mode, (1, 1)).getbands())]
    small = encoded(Image.new(mode, (64, 64), colour), kind, **options)
    side = math.isqrt(pixel_ceiling(small, LIMIT))
    return encoded(Image.new(mode, (side, side), colour), kind, **options)
