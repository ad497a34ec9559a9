"""Build, deploy and delete a stack with the SAM CLI."""
