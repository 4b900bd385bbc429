"""Ranges of a model's tensors for INT8, from arrays or files.

    ranges = ingotrt.calibrate("resnet50.onnx", (preprocess(path) for path in paths))
    ranges.save_cache("resnet50.cache")          # trtexec --int8 --calib=resnet50.cache
"""

import os


def calibrate(
    model,
    data,
    *,
    shapes=None,
    algorithm="auto",
    preprocess="",
    percentile=99.99,
    max_samples=500,
    batch=0,
    device="auto",
    threads=0,
    progress=None,
):
    """Runs `model` (a path of an ONNX file) in FP32 over samples and returns a CalibrationResult.

    data: an iterable of arrays (the only input) or of {input: array}, each the inputs of one run; or the path of a
        folder, a list (.txt), a file (.jpg, .png, .npy, .npz, .raw) or a calibration cache; or "random".
    shapes: {input: shape} or {input: (min, opt, max)} for inputs whose shape is decided at run time.
    algorithm: "auto", "entropy", "minmax", "percentile" or "mse".
    preprocess: how images of `data` become inputs, "resize=256,crop=224,mean=0.485:0.456:0.406".
    progress: called with the stage ("build", "run", "choose"), the number done, and the total (-1: not known).
    """
    # Imported here: engines run without the compiler.
    from ingotrt import _calibration

    return _calibration.calibrate(
        os.fspath(model), data, shapes or {}, algorithm, preprocess, percentile, max_samples, batch, device, threads,
        progress,
    )
