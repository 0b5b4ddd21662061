"""nnsight on a checkpoint of ours: the same states, at every block."""

import sys

import torch
from nnsight import NNsight

import nucleate

run = nucleate.run("smoke", sys.argv[1])
own = run.hidden_states(positions=["input"], rows=[0])
tokens = torch.tensor([run.corpus.table["input_ids"][0].as_py()[:-1]])  # without the answer

model, theirs = NNsight(run.model()), {}
with model.trace(tokens):
    for layer in range(run.settings.model.n_layer):
        theirs[layer] = model.transformer.h[layer].output.save()
for layer, output in theirs.items():
    state = (output[0] if isinstance(output, tuple) else output)[0, -1]
    ours = torch.from_numpy(own.states[0, own.sites.index(f"block.{layer + 1}"), 0])
    torch.testing.assert_close(ours, state.detach(), atol=1e-5, rtol=0)
print(run.folder.report)
