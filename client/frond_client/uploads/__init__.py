"""Uploads of a folder of photos to S3, and their results in a CSV file."""
