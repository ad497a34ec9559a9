"""Run functions in processes: plain Python, or AWS's runtime interface emulator."""
