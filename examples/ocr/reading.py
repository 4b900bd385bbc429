"""Reads a picture of text with a detector and a recogniser (PP-OCR), whatever runs them.

The detector gives a map of where text is; each connected region becomes a box; the recogniser reads the box as a
sequence of characters (CTC: repeated characters and blanks fall out).
"""

from typing import Protocol

import numpy as np
from PIL import Image
from scipy import ndimage


class Network(Protocol):
    """Whatever has one input and one output."""

    def run(self, x: np.ndarray) -> np.ndarray:
        """The output for input x [1, 3, height, width]."""


def pixels(image: Image.Image) -> np.ndarray:
    """An RGB picture as the models want it: [1, 3, height, width], from -1 to 1."""
    return ((np.asarray(image, np.float32) / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None]


def find_boxes(image: Image.Image, detector: Network) -> list[tuple[int, int, int, int]]:
    """Boxes of text (left, top, right, bottom) in pixels of the picture, in reading order."""
    width, height = image.size
    scale = max(1, 736 / min(width, height))
    wide, high = (max(32, round(size * scale / 32) * 32) for size in (width, height))
    likely = detector.run(pixels(image.resize((wide, high), Image.Resampling.BILINEAR)))[0, 0]
    regions, _ = ndimage.label(likely > 0.3)
    boxes = []
    for index, (rows, columns) in enumerate(ndimage.find_objects(regions), 1):
        tall, long = rows.stop - rows.start, columns.stop - columns.start
        inside = regions == index
        if min(tall, long) < 6 or likely[inside].mean() < 0.5:
            continue
        # The detector marks the core of a line: the box is grown by its area over its outline.
        margin = inside.sum() * 1.6 / (2 * (tall + long))
        boxes.append((max(0, int((columns.start - margin) * width / wide)),
                      max(0, int((rows.start - margin) * height / high)),
                      min(width, int((columns.stop + margin) * width / wide)),
                      min(height, int((rows.stop + margin) * height / high))))
    return sorted(boxes, key=lambda box: (box[1], box[0]))


def read_line(crop: Image.Image, recogniser: Network, characters: list[str]) -> tuple[str, float]:
    """Text and confidence of one line."""
    width = min(2000, max(32, round(crop.size[0] * 48 / crop.size[1])))
    scores = recogniser.run(pixels(crop.resize((width, 48), Image.Resampling.BILINEAR)))[0]
    best = scores.argmax(1)
    before = np.r_[-1, best[:-1]]
    text = "".join(characters[i] for i, last in zip(best, before) if i != last and i)
    return text, float(scores.max(1)[best > 0].mean()) if (best > 0).any() else 0.0


def read_page(image: Image.Image, detector: Network, recogniser: Network,
              characters: list[str]) -> list[tuple[tuple[int, int, int, int], str, float]]:
    """Box, text and confidence of every line."""
    return [(box, *read_line(image.crop(box), recogniser, characters)) for box in find_boxes(image, detector)]
