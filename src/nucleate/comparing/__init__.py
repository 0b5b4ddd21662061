"""Finished folders asked for states and models again, and how alike those of several are."""
