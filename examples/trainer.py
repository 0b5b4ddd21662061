"""Clusters of your own model while transformers' Trainer trains it: curves in its log, at the end a page."""

import sys

import small_llama

import nucleate

trainer = small_llama.trainer(sys.argv[1] + "-training", save_strategy="no", logging_steps=20)
callback = nucleate.NucleateCallback(small_llama.PROMPTS, every=20, out=sys.argv[1], most_share=0.5)
callback.watch(trainer)
trainer.train()

ari = callback.run.scores.query(
    "metric == 'ari' and method == 'kmeans' and control == 'none' and factor == 'task'"
)
print(
    ari.query("site == 'block.2' and preparation == 'raw'")[["step", "split", "value", "ci_low", "ci_high"]]
)
print(callback.run.folder.report)
