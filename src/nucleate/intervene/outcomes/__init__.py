"""What interventions did: cells, rows with intervals, and what they say against each other."""
