"""The ONNX models: sentence vectors and speech recognition."""
