"""Generated ONNX models: real topologies as exporters write them, with fixed random weights.

    python -m bench.models resnet18 yolov8n --out .models/generated
    python -m bench.models all --tiny --out .models/generated
"""
