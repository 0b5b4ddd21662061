"""TransformerLens on a checkpoint of ours: the same states, at every block."""

import sys

import torch
from transformer_lens.model_bridge import TransformerBridge

import nucleate

run = nucleate.run("smoke", sys.argv[1])
own = run.hidden_states(positions=["input"], rows=[0])
words = run.corpus.table.slice(0, 1).to_pylist()[0]

bridge = TransformerBridge.boot_transformers(str(run.folder.checkpoint(own.step)))
tokens = bridge.to_tokens(f"{words['instruction']} {words['input']}", prepend_bos=False)  # ours has no BOS
_, cache = bridge.run_with_cache(tokens)
for layer in range(run.settings.model.n_layer):
    theirs = cache[f"blocks.{layer}.hook_resid_post"][0, -1]
    ours = torch.from_numpy(own.states[0, own.sites.index(f"block.{layer + 1}"), 0])
    torch.testing.assert_close(ours, theirs.detach(), atol=1e-5, rtol=0)
print(run.folder.report)
