"""Runs engine files that Ingot has built, and calibrates models for INT8.

    engine = ingotrt.Engine.load("resnet50.plan")
    scores = ingotrt.Context(engine).run({"input": pixels})["output"]
"""

from ingotrt._ingotrt import Context, Engine, Error, TensorInfo, __version__
from ingotrt.calibration import calibrate

__all__ = ["Context", "Engine", "Error", "TensorInfo", "__version__", "calibrate"]
