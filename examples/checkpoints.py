"""A folder of checkpoints that a Trainer left, as a series over its steps."""

import sys

import small_llama

import nucleate

folder = sys.argv[1] + "-training"
small_llama.trainer(folder, save_steps=20).train()  # in place of your own training

run = nucleate.analyze(folder, small_llama.PROMPTS, sys.argv[1], overrides={"scoring.milestones": 0})
print(run.emergence.query("metric == 'ari' and factor == 'task'")[["position", "site", "onset", "half_rise"]])
print(run.folder.report)
