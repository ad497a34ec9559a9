"""What runs inside a contender's own process, with its own packages: the ways people do this job."""
