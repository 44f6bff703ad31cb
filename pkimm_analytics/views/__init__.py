"""What is said and shown, made once: pure functions from results to views."""
