"""Ways to run a function: each call goes to a process of the function's own."""
