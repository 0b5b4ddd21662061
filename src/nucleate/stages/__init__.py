"""The stages of an experiment, each from the run's folder to the run's folder.

This module hides what each stage is made from, so that it is skipped where it was finished from the same
inputs and done again where they changed. Which stages there are in what order is `experiment.py`'s.
"""
