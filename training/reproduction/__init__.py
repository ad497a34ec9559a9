"""Making a model's data set and runs again, from the records in its report."""
