"""Runs engine files that Ingot has built.

    engine = ingotrt.Engine.load("resnet50.plan")
    scores = ingotrt.Context(engine).run({"input": pixels})["output"]
"""

from ingotrt._ingotrt import Context, Engine, Error, TensorInfo, __version__

__all__ = ["Context", "Engine", "Error", "TensorInfo", "__version__"]
