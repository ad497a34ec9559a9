"""Batch jobs on EMR Serverless: their cost, their submission and their state."""
