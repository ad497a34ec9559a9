"""The entry point of a job on EMR Serverless: `spark-submit` runs a file, not a module."""

from batch.__main__ import main

if __name__ == "__main__":
    main()
