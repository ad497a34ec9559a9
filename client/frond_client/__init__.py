"""The client of a Frond stack; it speaks HTTP and the APIs of AWS, and imports nothing else of ours."""
