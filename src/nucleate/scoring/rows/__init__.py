"""Rows of Scores: figures of clusters, and figures that need none."""
