#!/usr/bin/env python3
"""Latency on a GPU side by side with PyTorch at its best, in one run: float16, same weights, same GPU.

    python bench/gpu/run.py [--models=resnet50,...] [--batches=1,8] [--no-compile] [--rounds=2] [--dry-run]

The networks come from torchvision's (and bench/gpu's) definitions with weights of a fixed seed, exported to ONNX here.
Ingot is timed by trtexec (median GPU Compute Time of CUDA graph launches, data transfers left out), PyTorch by events
around launches of its CUDA graph; all in turn, after the clocks are warm. Before that, Ingot's outputs are compared
with PyTorch's in float32. A ratio above 1 says that Ingot is faster. The floor is the larger of operations and bytes
(weights, inputs, outputs) at the rates that this GPU reached in a large matrix product and a large copy.
"""

import argparse
import re
import shlex
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.gpu import engine

DEFAULT = "resnet50,mobilenetv3,efficientnet_b0,yolov8n,vit_b16,swin_b,bert_base"
TOLERANCE = 1e-3  # mean absolute difference, relative to the outputs' mean absolute deviation


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", default=DEFAULT)
    parser.add_argument("--batches", default="1,8,128")
    parser.add_argument("--device", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=2, help="times that all are timed in turn")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each timing")
    parser.add_argument("--no-compile", action="store_true", help="without torch.compile, which takes 10 to 50 s each")
    parser.add_argument("--no-torch", action="store_true", help="time Ingot alone")
    parser.add_argument("--no-check", action="store_true", help="do not compare outputs")
    parser.add_argument("--flags", default="", help="more flags for trtexec's build, as one text")
    parser.add_argument("--work", type=Path, default=ROOT / "build/bench-gpu", help="folder of models and plans")
    parser.add_argument("--out", type=Path, default=ROOT / "bench/results", help="folder of the JSON")
    parser.add_argument("--no-save", action="store_true", help="write no JSON")
    parser.add_argument("--dry-run", action="store_true", help="print the commands and stop: needs neither GPU nor torch")
    args = parser.parse_args()
    for name in args.models.split(","):
        if name not in DEFAULT.split(","):
            parser.error(f"unknown: {name}; known: {DEFAULT}")
    args.batches = [int(batch) for batch in args.batches.split(",")]
    return args


def paths(name: str, batch: int, args: argparse.Namespace) -> dict[str, Path]:
    return {"model": args.work / f"{name}.onnx", "plan": args.work / f"{name}-b{batch}.plan",
            "cache": args.work / "timing.cache", "input": args.work / f"{name}-b{batch}.raw",
            "outputs": args.work / f"{name}-b{batch}-outputs"}


def build_command(name: str, shape: str, files: dict[str, Path], args: argparse.Namespace) -> list[str]:
    flags = [f"--device={args.device}", *shlex.split(args.flags)]
    return engine.build_command(files["model"], files["plan"], shape, files["cache"], flags)


def dry_run(args: argparse.Namespace) -> None:
    """The commands; shapes stand here, as the definitions of the networks need torch."""
    shapes = {"yolov8n": (3, 640, 640), "bert_base": (384,)}
    device = f"--device={args.device}"
    for name in args.models.split(","):
        input_name = "input_ids" if name == "bert_base" else "input"
        for batch in args.batches:
            files = paths(name, batch, args)
            shape = engine.shape_flag(input_name, (batch, *shapes.get(name, (3, 224, 224))))
            print(shlex.join(build_command(name, shape, files, args)))
            print(shlex.join(engine.run_command(files["plan"], shape, input_name, files["input"], files["outputs"],
                                                [device])))
            print(shlex.join(engine.time_command(files["plan"], shape, args.seconds, [device])))


def deviation(ours, reference) -> float:
    """Mean absolute difference, relative to how much the reference's values vary."""
    scale = (reference - reference.mean()).abs().mean().clamp_min(1e-12)
    return float((ours - reference).abs().mean() / scale)


def compare(files: dict[str, Path], shape: str, network, model, example, args: argparse.Namespace) -> dict[str, float]:
    """How far Ingot and PyTorch in float16 are from PyTorch in float32."""
    import numpy as np
    import torch

    from bench.gpu import peer
    example.numpy().tofile(files["input"])
    engine.call(engine.run_command(files["plan"], shape, network.input, files["input"], files["outputs"],
                                   [f"--device={args.device}"]))
    described = engine.outputs(files["outputs"])[0]
    types = {"f32": np.float32, "float32": np.float32, "f16": np.float16, "float16": np.float16}
    data = np.fromfile(files["outputs"] / described["file"], types[described["dtype"]])
    ours = torch.from_numpy(data.astype(np.float32).reshape(described["shape"]))
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    with torch.no_grad():
        reference = model(example.cuda()).float().cpu()
        half, half_input = peer.half(model, example)
        theirs = half(half_input).float().cpu()
    if ours.shape != reference.shape or not bool(torch.isfinite(ours).all()):
        return {"ingot": float("inf"), "torch_fp16": deviation(theirs, reference)}
    return {"ingot": deviation(ours, reference), "torch_fp16": deviation(theirs, reference)}


def measure(name: str, batch: int, model, rates: dict[str, float], args: argparse.Namespace) -> dict[str, object]:
    """One row: Ingot and PyTorch on one network at one batch size."""
    import torch

    from bench.gpu import networks, peer
    network = networks.NETWORKS[name]
    files = paths(name, batch, args)
    example = networks.input_for(network, batch)
    shape = engine.shape_flag(network.input, tuple(example.shape))
    row: dict[str, object] = {"model": name, "batch": batch, "problems": []}
    runs: dict[str, object] = {}
    try:
        row["build"] = engine.build(build_command(name, shape, files, args))
        row["plan_mib"] = files["plan"].stat().st_size / 2**20
        if not args.no_check:
            row["deviation"] = compare(files, shape, network, model, example, args)
            if row["deviation"]["ingot"] > max(TOLERANCE, 2 * row["deviation"]["torch_fp16"]):
                row["problems"].append("the outputs differ")
        command = engine.time_command(files["plan"], shape, args.seconds, [f"--device={args.device}"])
        runs["ingot"] = lambda: engine.timing(command)
    except engine.EngineError as error:  # PyTorch's figures are worth having all the same
        row["problems"].append(str(error))
    modes = {} if args.no_torch else {"torch_graph": peer.graph}
    if modes and not args.no_compile:
        modes["torch_compile"] = peer.compiled
    for mode, make in modes.items():
        try:
            run = make(model, example)
            runs[mode] = lambda run=run: {"ms": peer.gpu_ms(run, args.seconds)}
        except Exception as error:
            row["problems"].append(f"{mode}: {str(error)[:500]}")
    times: dict[str, list[float]] = {key: [] for key in runs}
    for _ in range(args.rounds):
        for key, run in runs.items():
            peer.warm_clocks(0.3)
            try:
                figures = run()
            except Exception as error:
                row["problems"].append(f"{key}: {str(error)[:500]}")
                continue
            times[key].append(figures["ms"])
            row.update({k: v for k, v in figures.items() if k != "ms"})
    row["ms"] = {key: statistics.median(values) for key, values in times.items() if values}
    row["rounds"] = times
    row.update(floor(name, model, example, rates))
    torch.cuda.empty_cache()
    return row


def floor(name: str, model, example, rates: dict[str, float]) -> dict[str, float]:
    import torch

    from bench.gpu import networks
    count = networks.operations(model, example[:1].cuda()) * len(example)
    with torch.no_grad():
        output = model(example[:1].cuda())
    moved = 2 * sum(p.numel() for p in model.parameters()) + example.numel() * example.element_size() \
        + 4 * output.numel() * len(example)
    return {"gflop": count / 1e9, "mbytes": moved / 1e6,
            "floor_ms": max(count / rates["float16_tflops"] / 1e9, moved / rates["memory_gb_s"] / 1e6)}


def line(row: dict) -> str:
    """resnet50  b1   ingot 0.312 ms   torch_graph 0.654 (2.10x)   torch_compile 0.455 (1.46x)   floor 0.02 ..."""
    ms = dict(row["ms"])
    ours = ms.pop("ingot", None)
    parts = [f"{row['model']:<16}b{row['batch']:<4}", f"ingot {ours:.4g} ms" if ours else "ingot FAILED"]
    parts += [f"{key} {value:.4g}" + (f" ({value / ours:.2f}x)" if ours else "") for key, value in ms.items()]
    parts.append(f"floor {row['floor_ms']:.3g}")
    if "build" in row:
        parts.append(f"build {row['build']['build_s']:.1f} s, plan {row['plan_mib']:.0f} MiB, memory "
                     f"{row.get('memory_mib', float('nan')):.0f} MiB")
    if "deviation" in row:
        parts.append(f"deviation {row['deviation']['ingot']:.1e} (torch {row['deviation']['torch_fp16']:.1e})")
    return "   ".join(parts) + "".join(f"\n    PROBLEM: {problem}" for problem in row["problems"])


def summary(rows: list[dict]) -> dict[str, float]:
    """Geometric mean and the worst of the ratios against PyTorch's better mode, by batch."""
    means = {}
    for batch in sorted({row["batch"] for row in rows}):
        ratios = {}
        for row in rows:
            peers = [value for key, value in row["ms"].items() if key != "ingot"]
            if row["batch"] == batch and "ingot" in row["ms"] and peers:
                ratios[row["model"]] = min(peers) / row["ms"]["ingot"]
        if not ratios:
            continue
        means[f"b{batch}"] = statistics.geometric_mean(ratios.values())
        worst = min(ratios, key=ratios.get)
        print(f"{'geometric mean':<16}b{batch:<4}   {means[f'b{batch}']:.2f}x against the better mode of PyTorch; "
              f"worst {worst} {ratios[worst]:.2f}x")
    return means


def main() -> int:
    args = parse()
    if args.dry_run:
        dry_run(args)
        return 0
    if (torch := engine.torch_with_gpu()) is None:
        return 0
    from bench.gpu import networks, peer
    torch.cuda.set_device(args.device)
    torch.backends.cudnn.benchmark = True
    peer.warm_clocks(1.0)
    rates = peer.ceilings()
    about = {"gpu": torch.cuda.get_device_name(), "torch": torch.__version__, "cuda": torch.version.cuda,
             "cudnn": torch.backends.cudnn.version(), "ceilings": rates,
             "ingot": engine.call([str(engine.INGOT), "env"]).splitlines()}
    print(f"{about['gpu']}, torch {about['torch']}: {rates['float16_tflops']:.0f} TFLOP/s float16, "
          f"{rates['memory_gb_s']:.0f} GB/s", flush=True)
    rows: list[dict] = []
    for name in args.models.split(","):
        batches = [batch for batch in args.batches if batch in networks.NETWORKS[name].batches]
        try:
            model = networks.build(name, "cuda")
            path = paths(name, 1, args)["model"]
            if not path.is_file():
                networks.export(name, model, path)
        except Exception as error:  # one network must not cost the others their figures
            print(f"{name:<16}FAILED: {error}", flush=True)
            rows.append({"model": name, "batch": 0, "ms": {}, "problems": [str(error)[:2000]]})
            continue
        for batch in batches:
            try:
                rows.append(measure(name, batch, model, rates, args))
                print(line(rows[-1]), flush=True)
            except Exception as error:
                print(f"{name:<16}b{batch:<4}FAILED: {error}", flush=True)
                rows.append({"model": name, "batch": batch, "ms": {}, "problems": [str(error)[:2000]]})
        del model
        torch.cuda.empty_cache()
    means = summary(rows)
    if not args.no_save:
        slug = re.sub(r"[^a-z0-9]+", "-", about["gpu"].lower()).strip("-")
        engine.save({**about, "rows": rows, "geometric_means": means}, args.out, slug)
    return 1 if any(row["problems"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
