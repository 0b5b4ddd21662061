"""What is settled before any work: whether it can be measured, with which settings, at what cost."""
