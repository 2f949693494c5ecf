"""Turn a trained Keras network into ONNX, with a manifest beside each artefact."""
