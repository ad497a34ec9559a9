"""The commands of `python -m training`, a module each, named like the command.

A command imports its logic when it runs: TensorFlow takes seconds to import, and `--help` should not wait for
it.
"""
