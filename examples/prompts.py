"""A model that you hold and a DataFrame of your prompts."""

import sys

import pandas as pd
import small_llama

import nucleate

prompts = pd.DataFrame(small_llama.PROMPTS)  # every column but the known ones is a factor
model, tokenizer = small_llama.model(), small_llama.tokenizer()

run = nucleate.analyze(model, prompts, sys.argv[1], tokenizer=tokenizer, overrides={"scoring.milestones": 0})
print(run.scores.query("metric == 'ari' and control == 'none'").pivot_table("value", "site", "factor"))
print(run.folder.report)
