"""Who runs a sweep's points: worker processes of this machine, or a Ray cluster; and what passes between."""
