"""How fast nucleate is, beside what a user would write today and beside what the machine can do.

One file per subject, one function `measure` in each; `measuring.py` holds every clock and statistic,
`ours.py` and `peers.py` the two sides. `python -m benchmarks` runs them in order.
"""
