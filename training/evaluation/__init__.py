"""What a finished model gets right, how sure it is, and what it makes of things it does not know."""
