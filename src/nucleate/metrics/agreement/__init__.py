"""Agreement of labels with clusters: pairs, tables of counts, matched clusters; for one site or many."""
