"""PyTorch at its best on one network: a CUDA graph of the model with BatchNorms folded, and torch.compile with frozen
weights in reduce-overhead mode; both in float16, channels last. Times are of the GPU, by events."""

import copy
import statistics
import time
from collections.abc import Callable

import torch
from torch import nn

Run = Callable[[], torch.Tensor]


def warm_clocks(seconds: float = 0.5) -> None:
    """The first work after a pause runs at lower clocks."""
    a = torch.randn(4096, 4096, device="cuda", dtype=torch.float16)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for _ in range(8):
            a @ a
        torch.cuda.synchronize()


def gpu_ms(run: Run, seconds: float) -> float:
    """Median time of one run in ms: runs are queued in packs without waiting in between."""
    warm_clocks()
    for _ in range(3):
        run()
    torch.cuda.synchronize()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 20:
        marks = [torch.cuda.Event(enable_timing=True) for _ in range(21)]
        marks[0].record()
        for mark in marks[1:]:
            run()
            mark.record()
        torch.cuda.synchronize()
        times += [a.elapsed_time(b) for a, b in zip(marks, marks[1:])]
    return statistics.median(times)


def half(model: nn.Module, example: torch.Tensor) -> tuple[nn.Module, torch.Tensor]:
    """A float16 copy, channels last where there are images."""
    model, example = copy.deepcopy(model).half(), example.cuda()
    if example.dim() == 4:
        model = model.to(memory_format=torch.channels_last)
        example = example.half().contiguous(memory_format=torch.channels_last)
    return model, example


def fold_batch_norms(model: nn.Module) -> nn.Module:
    """Of the float32 model; one without BatchNorms, or that cannot be traced, comes back as it is."""
    if not any(isinstance(module, nn.BatchNorm2d) for module in model.modules()):
        return model
    from torch.fx.experimental.optimization import fuse
    try:
        return fuse(copy.deepcopy(model).eval())
    except Exception as error:
        print(f"  BatchNorms are not folded for the CUDA graph: {error}")
        return model


def graph(model: nn.Module, example: torch.Tensor) -> Run:
    model, static = half(fold_batch_norms(model), example)
    with torch.no_grad():
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                model(static)
        torch.cuda.current_stream().wait_stream(stream)
        recorded = torch.cuda.CUDAGraph()
        with torch.cuda.graph(recorded):
            output = model(static)

    def run() -> torch.Tensor:
        recorded.replay()
        return output
    return run


def compiled(model: nn.Module, example: torch.Tensor) -> Run:
    import torch._dynamo
    import torch._inductor.config
    torch._dynamo.reset()
    torch._inductor.config.freezing = True
    model, static = half(model, example)
    function = torch.compile(model, mode="reduce-overhead")

    def run() -> torch.Tensor:
        torch.compiler.cudagraph_mark_step_begin()
        with torch.no_grad():
            return function(static)
    for _ in range(4):  # compiles, warms up, records
        run()
    torch.cuda.synchronize()
    return run


def ceilings() -> dict[str, float]:
    """What this GPU reaches: float16 matrix products (TFLOP/s), and copies (GB/s, read and written)."""
    a = torch.randn(8192, 8192, device="cuda", dtype=torch.float16)
    product = gpu_ms(lambda: a @ a, 0.3)
    source = torch.empty(1 << 30, device="cuda", dtype=torch.uint8).random_()
    target = torch.empty_like(source)
    moved = gpu_ms(lambda: target.copy_(source), 0.3)
    return {"float16_tflops": 2 * 8192**3 / product / 1e9, "memory_gb_s": 2 * source.numel() / moved / 1e6}
