"""A citation names the run and changes with its scores."""

import re
from dataclasses import replace

from nucleate.report.words.citation import citation


def test_a_run_is_named_with_its_seed_and_digest(contents):
    cited = citation([contents])
    assert re.fullmatch(
        r"Made with nucleate \d+\.\d+\.\d+\S* \(run smoke, seed 1, digest [0-9a-f]{12}\)\.", cited.sentence
    )
    assert cited.bibtex.count("@") == 2 and "2402.12151" in cited.bibtex
    assert cited.bibtex.count("{") == cited.bibtex.count("}")


def test_other_scores_or_another_seed_are_another_digest(contents):
    stages = contents.manifest["stages"]
    other = {**stages, "scoring": {**stages["scoring"], "outputs": {"scores.parquet": "0"}}}
    runs = (
        contents,
        replace(contents, manifest={**contents.manifest, "stages": other}),
        replace(contents, config={**contents.config, "seed": 2}),
    )
    assert len({re.search("digest ([0-9a-f]+)", citation([run]).sentence)[1] for run in runs}) == 3
    assert citation([contents]) == citation([contents])


def test_what_tex_would_obey_is_escaped(contents):
    cited = citation([replace(contents, name="50%_#1 & {x}")])
    assert r"50\%\_\#1 \& \{x\}" in cited.bibtex
