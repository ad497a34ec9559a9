"""The commands of `python -m training`, a file each.

A command imports what it needs when it runs: TensorFlow takes seconds, and `--help` should not.
"""
