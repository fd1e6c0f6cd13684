"""How good masks are, measured where the true sky is known."""
