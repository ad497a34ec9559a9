"""A whole folder of photos through the S3 door, and their results in a CSV file."""
