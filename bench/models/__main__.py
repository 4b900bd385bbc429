"""Writes generated models: python -m bench.models NAME... --out DIR [--tiny] [--batch N] [--check]."""

import argparse
from pathlib import Path

import onnx

from bench.models.catalog import MODELS, file_name


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.models",
                                     description="Writes ONNX models with fixed weights.")
    parser.add_argument("names", nargs="+", metavar="NAME", help="all, or any of: " + ", ".join(MODELS))
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--tiny", action="store_true", help="small variants that run in milliseconds")
    parser.add_argument("--batch", default="batch", help="batch size; symbolic (\"batch\") by default")
    parser.add_argument("--check", action="store_true", help="also run each in ONNX Runtime at batch 1 and 8")
    args = parser.parse_args()
    names = list(MODELS) if args.names == ["all"] else args.names
    if unknown := [name for name in names if name not in MODELS]:
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(MODELS)}")
    args.out.mkdir(parents=True, exist_ok=True)
    for name in names:
        model = MODELS[name](args.tiny, int(args.batch) if args.batch.isdigit() else args.batch)
        path = args.out / file_name(name, args.tiny)
        onnx.save(model, path)
        onnx.checker.check_model(path, full_check=True)
        weights = sum(len(w.raw_data) // 4 for w in model.graph.initializer) / 1e6
        print(f"{path}  {len(model.graph.node)} nodes  {weights:.2f} M weights")
        if args.check:
            from bench.models.check import check
            check(path)


if __name__ == "__main__":
    main()
