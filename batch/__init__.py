"""Classification of every photo below a folder or an S3 prefix, with Spark: rows, PCA and a report."""
