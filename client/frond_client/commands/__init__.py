"""The commands of `frond`, a file each.

A command imports what it needs when it runs: boto3 takes its time, and `--help` should not.
"""
