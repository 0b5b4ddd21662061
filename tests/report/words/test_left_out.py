from dataclasses import replace

from nucleate.report.words.left_out import left_out


def of(contents, **facts):
    return left_out(replace(contents, manifest={**contents.manifest, **facts}))


def test_what_was_said_of_prompts_is_said_again(contents):
    said = of(
        contents,
        prompts=["not compared with: id (900 labels); name them in scoring.factors to have them too"],
    )
    assert said[0] == "Not compared with: id (900 labels); name them in scoring.factors to have them too."


def test_an_analysis_that_was_left_out_says_why_and_one_that_was_made_says_nothing(contents):
    assert not [one for one in left_out(contents) if one.startswith(("Unseen", "Causes"))]
    bare = replace(contents, scores=contents.scores[~contents.scores["method"].isin(["unseen", "intervene"])])
    said = of(bare, left_out={"unseen": "no prompt has an answer"})
    assert said[:2] == [
        "Unseen: no prompt has an answer.",
        "Causes: no interventions were run; nucleate intervene runs them.",
    ]
    assert not [one for one in of(contents, left_out={"unseen": "x"}) if one.startswith("Unseen")], (
        "made since"
    )


def test_a_checkpoint_with_the_weights_of_another_is_named(contents):
    audit = [{"revision": "a", "same_as": ""}, {"revision": "b", "same_as": "a"}]
    assert "Checkpoint b: it has the weights of a." in of(contents, audit=audit)


def test_instances_that_were_not_scored_are_counted(contents):
    there = contents.corpus.table["split"].to_pylist()
    rows = (
        contents.scores.query("method == 'kmeans' and control == 'none'").groupby("split")["n_examples"].max()
    )
    few = {split for split, n in rows.items() if n < there.count(split)}
    said = [one for one in left_out(contents) if one.startswith("Instances")]
    assert bool(said) == bool(few)
    for split in few:
        assert f"{rows[split]:,} of {there.count(split):,} ({split.replace('_', ' ')})" in said[0]
    half = contents.corpus.table.slice(0, 0)
    assert not [
        one
        for one in left_out(replace(contents, corpus=replace(contents.corpus, table=half)))
        if "Instances" in one
    ]
