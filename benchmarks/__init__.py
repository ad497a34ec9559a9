"""Benchmark Frond beside other ways to serve a model: ``make bench``."""
