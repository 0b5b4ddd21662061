"""A forward pass: how prompts are put together for it, what is read off it, what the model answers."""
