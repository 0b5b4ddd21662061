"""Arrays from anywhere to scores, verdicts, figures and a page."""

import sys

import numpy as np

import nucleate

rng = np.random.default_rng(0)
task = np.arange(200) % 4  # in place of your own: states [step, site, example, d] and labels
learned = np.array([0.0, 0.2, 0.5, 1.0])[:, None, None, None] * np.array([0.0, 0.5, 1.5])[:, None, None]
states = rng.normal(size=(4, 3, 200, 16)) + learned * rng.normal(size=(4, 16))[task]

run = nucleate.score(states, {"task": task}, steps=[0, 10, 20, 30], out=sys.argv[1])
last = run.scores.query("metric == 'ari' and control == 'none' and step == 30")
print(last[["site", "value", "ci_low", "ci_high"]])
print(nucleate.agreement(task, nucleate.KMeans(4, random_state=1).fit_predict(states[-1, -1])))
print(run.folder.report)
