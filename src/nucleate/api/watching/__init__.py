"""What a user sees while something runs."""
