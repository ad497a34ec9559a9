"""What Frond's functions and its training share: pictures, models, problems, settings, telemetry."""
