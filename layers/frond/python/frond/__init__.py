"""The library that functions and training share: preprocessing, models, problems, settings, telemetry."""
