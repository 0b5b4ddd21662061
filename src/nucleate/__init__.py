"""nucleate: when, where and why clusters form inside causal language models."""
