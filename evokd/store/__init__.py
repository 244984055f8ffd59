"""What lies on disk: run directories, artefacts by content hash, trace events, verified weights."""
