"""The page as text, and the page in a real browser."""

import csv
import io
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.stats

from nucleate.display_names import CONTROLS
from nucleate.errors import RunFolderError
from nucleate.pictures.points_table import FRAMES_SCHEMA, Projections
from nucleate.report.data.score_data import MOST_ROWS
from nucleate.report.page import build_page, render, write_page
from nucleate.run_folder.folder import RunFolder

browser_test = pytest.mark.browser
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    '<a href="javascript:alert(3)">go</a>',
    "<b>bold</b><br>&lt;i&gt;",
    "\u202egnp.exe",
    "{{ 7 * 7 }} %{x} ${y}",
    '=HYPERLINK("http://example.invalid")',
    "@SUM(1)",
]


def test_same_run_same_bytes(run_folder):
    first = build_page([RunFolder.open(run_folder.path)])
    assert (
        build_page([RunFolder.open(run_folder.path)])
        == first
        == run_folder.report.read_text(encoding="utf-8")
    )


def test_the_page_of_a_small_run_is_small_and_asks_for_nothing(contents):
    page = render([contents])
    assert len(page.encode()) < 3_000_000
    ours = page[: page.index('<script type="application/json"')]
    assert not re.findall(r"""(?:src|href)="(?!#|data:)""", ours)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert "default-src &#39;none&#39;" in policy and "connect-src &#39;none&#39;" in policy
    assert "unsafe" not in policy


def test_the_page_of_the_largest_run_stays_within_its_size(contents):
    """A year of checkpoints of a deep model with every analysis: as many rows and points as there may be."""
    n_points, sites = 5000, [f"block.{layer}" for layer in range(48)]
    rows = contents.scores.query("metric == 'ari' and control == 'none' and site == 'block.1'").head(20)
    noise = np.random.default_rng(0)
    steps = np.arange(0, 40_000, 100)
    places = np.tile(np.repeat(np.arange(len(sites)), len(rows)), len(steps))
    scores = pd.concat([rows] * (len(steps) * len(sites)), ignore_index=True).assign(
        step=np.repeat(steps, len(sites) * len(rows)),
        site=np.array(sites)[places],
        value=noise.random(len(places)),
        ci_low=noise.random(len(places)),
        layer=1,
    )
    scores = scores.astype({"layer": "Int64"})
    assert len(scores) > MOST_ROWS
    words = [f"{i} " + "long words " * 36 for i in range(n_points)]
    examples = pa.table(
        {"split": ["train"] * n_points, "prompt": words, "predicted": [["y"] * 60] * n_points}
    )
    x = noise.normal(size=n_points).astype(np.float32)
    clusters = noise.integers(0, 50, n_points).astype(np.int32)
    n_frames = 60 * len(sites)
    frames = pa.table(
        {
            "embedding": ["pca"] * n_frames,
            "step": np.repeat(np.arange(60) * 100, len(sites)),
            "position": ["input"] * n_frames,
            "site": sites * 60,
            "x": pa.ListArray.from_arrays(np.arange(n_frames + 1) * 500, np.tile(x[:500], n_frames)),
            "y": pa.ListArray.from_arrays(np.arange(n_frames + 1) * 500, np.tile(x[:500], n_frames)),
            "cluster": pa.ListArray.from_arrays(
                np.arange(n_frames + 1) * 500, np.tile(clusters[:500], n_frames)
            ),
        }
    ).cast(FRAMES_SCHEMA)
    large = replace(contents, scores=scores, projections=Projections(examples, frames))
    assert len(render([large]).encode()) < 25_000_000


def test_a_verdict_stands_under_its_own_claim(contents):
    """A claim that was judged at some positions only leaves the others' cells empty."""
    first, second = (
        one for one in contents.claims if one.position == "input" and one.claim in ("emergence", "depth")
    )
    only = replace(second, position="all_prompt", verdict="not measured")
    page = render([replace(contents, claims=(first, second, only))])
    table = page[page.index('<table class="marks folds">') : page.index("</table>")]
    cells = [
        [
            re.sub(r"<[^>]+>|[✓✗?–]", "", cell).strip()
            for cell in re.findall(r"<t[hd][ >].*?</t[hd]>", row, re.S)
        ]
        for row in table.split("<tr>")[1:]
    ]
    assert cells == [
        ["Position", first.claim, second.claim],
        ["all tokens up to the input", "", "not measured"],
        ["input token", first.verdict, second.verdict],
    ]


def test_a_page_is_written_whole_or_not_at_all(tmp_path):
    write_page("new", tmp_path / "page.html")
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]
    with pytest.raises(RunFolderError, match="cannot write"):
        write_page("new", tmp_path / "missing" / "page.html")
    (tmp_path / "mine").mkdir()
    with pytest.raises(RunFolderError, match="mine is a folder"):
        write_page("new", tmp_path / "mine")


@pytest.fixture(scope="module")
def bare(contents):
    """The run without further analyses."""
    scores = contents.scores[~contents.scores["method"].isin(["unseen", "intervene"])]
    return replace(contents, scores=scores)


@pytest.fixture(scope="module")
def rich(bare):
    """The run with made-up rows of what other analyses add: factors, metrics, interventions."""
    agreement = bare.scores.query("metric == 'ari_across' and method == 'kmeans' and factor == 'task'")
    others = [
        agreement.assign(factor="wording", value=agreement["value"] / 2),
        agreement.assign(metric="made_up"),
    ]
    causes = agreement.query("control == 'none' and step == 12").assign(
        method="intervene", metric="becomes_b"
    )
    return replace(
        bare,
        scores=pd.concat(
            [bare.scores, *others, causes, causes.assign(control="random_direction")], ignore_index=True
        ),
    )


def lines_of(page, figure="emergence"):
    """Panel, name, steps and values of the lines of a figure, first panel first."""
    return page.evaluate(
        """id => [...document.querySelectorAll(`#${id} .line:not(.accuracy)`)].map(one => [one.closest(".panel").dataset.panel,
            one.dataset.name, one.dataset.steps.split(",").map(Number), one.dataset.values.split(",").map(Number)])""",
        f"{figure}-plot",
    )


def atlas_of(page, what="values"):
    return page.evaluate("what => JSON.parse(document.getElementById('atlas-plot').dataset[what])", what)


def scored(contents, **where):
    query = {
        "control": "none",
        "metric": contents.view.metric,
        "factor": "task",
        "method": "kmeans",
        "preparation": "raw",
    } | where
    rows = contents.scores
    for column, value in query.items():
        rows = rows[rows[column] == value]
    return rows


def site_words(site):
    return {"embed": "layer 0", "final_norm": "final norm"}.get(site, site.replace("block.", "layer "))


def assert_lines_are_the_scores(page, contents, **where):
    lines = lines_of(page)
    assert len(lines) == 2 * 4
    for split, name, steps, values in lines:
        rows = scored(contents, split=split, **where)
        rows = rows[[site_words(site) == name for site in rows["site"]]].sort_values("step")
        assert steps == rows["step"].tolist()
        np.testing.assert_allclose(values, rows["value"], atol=1e-6)


def saved(page, figure):
    with page.expect_download() as download:
        page.click(f"[data-save=csv][data-figure={figure}]")
    text = download.value.path().read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@browser_test
def test_emergence_follows_its_controls(open_page, rich):
    with open_page(rich) as opened:
        page = opened.page
        assert_lines_are_the_scores(page, rich, position="last_instruction")
        for position in ("input", "instruction_mean"):
            page.select_option("#position", position)
            assert_lines_are_the_scores(page, rich, position=position)
        page.select_option("#factor", "wording")
        assert_lines_are_the_scores(page, rich, position="instruction_mean", factor="wording")
        page.select_option("#factor", "task")
        page.select_option("#measure", "kmeans/made_up")
        assert_lines_are_the_scores(page, rich, position="instruction_mean", metric="made_up")
        along = "document.querySelector('#emergence-plot .line').dataset.x.split(',').map(Number)"
        places = page.evaluate(along)
        page.get_by_role("radio", name="log").check(force=True)
        np.testing.assert_allclose(page.evaluate(along), np.log10(1 + np.array(places)))
        assert "control" in page.text_content("#emergence-caption")


@browser_test
def test_the_atlas_holds_the_scores_and_the_rest_follows_it(open_page, rich):
    with open_page(rich) as opened:
        page = opened.page
        z = atlas_of(page)
        rows = scored(rich, split="validation", position="last_instruction")
        expected = rows.pivot(index="site", columns="step", values="value")
        np.testing.assert_allclose(z, expected.loc[["embed", "block.1", "block.2", "final_norm"]], atol=1e-6)
        page.focus("#atlas-frame")
        for key in ("Home", "ArrowRight", "ArrowDown", "ArrowDown"):
            page.keyboard.press(key)
        step = int(expected.columns[1])
        assert page.text_content("#atlas-readout").startswith(f"layer 0, step {step}: ")
        assert page.input_value("#site") == "embed"
        assert page.text_content("#step-readout").startswith(f"{step} of")
        page.wait_for_timeout(400)
        chosen = page.evaluate(
            "[...document.querySelectorAll('#emergence-plot .chosen')].map(one => Number(one.dataset.at))"
        )
        assert chosen == [step, step]
        cells = [one.bounding_box() for one in page.locator("#atlas-plot .cells").all()]
        right, top = max(one["x"] + one["width"] for one in cells), min(one["y"] for one in cells)
        page.mouse.click(right - 8, top + 8)
        assert page.text_content("#atlas-readout").startswith("final norm, step 12: ")


@browser_test
def test_points_are_those_of_the_run_at_every_step(open_page, contents):
    frames, examples = contents.projections.frames.to_pandas(), contents.projections.examples.to_pylist()
    with open_page(contents) as opened:
        page = opened.page
        page.select_option("#embedding", "pca")
        page.focus("#step")
        page.keyboard.press("Home")
        for step in contents.projections.steps:
            assert page.text_content("#step-readout") == f"{step} of 12"
            rows = saved(page, "clusters")
            frame = frames.query(
                f"step == {step} and site == 'block.2' and position == 'last_instruction' and embedding == 'pca'"
            ).iloc[0]
            span = max(np.ptp(frame["x"]), np.ptp(frame["y"]), 1) * 100
            np.testing.assert_allclose([float(row["x"]) for row in rows], frame["x"], atol=span / 65535)
            assert [int(row["cluster"]) for row in rows] == list(frame["cluster"])
            assert [row["instruction"] for row in rows] == [one["instruction"] for one in examples]
            index = contents.projections.steps.index(step)
            assert [row["predicted"] for row in rows] == [one["predicted"][index] for one in examples]
            page.focus("#step")
            page.keyboard.press("ArrowRight")


PIXELS = "id => document.getElementById(id).toDataURL()"


@browser_test
def test_color_search_legend_and_play(open_page, contents):
    with open_page(contents) as opened:
        page, seen = opened.page, set()

        def changes(*, canvas="points"):
            now = page.evaluate(PIXELS, canvas)
            known, _ = now in seen, seen.add(now)
            return not known

        assert changes()
        tasks = {f"task {one['task']}" for one in contents.projections.examples.to_pylist()}
        assert set(page.locator("#legend button").all_text_contents()) == tasks
        for color in ("dialect", "assigned cluster", "right or wrong answer"):
            page.select_option("#color", color)
            assert changes(), color
        page.select_option("#color", "task")
        first = page.locator("#legend button").first
        first.press("Enter")
        assert changes() and first.get_attribute("aria-pressed") == "true"
        first.press("Enter")
        assert not changes(), "letting go shows what was shown before"
        page.fill("#search", sorted(tasks)[-1])
        assert changes()
        page.fill("#search", "")
        page.focus("#points")
        page.keyboard.press("ArrowRight")
        one = contents.projections.examples.to_pylist()[0]
        assert f"instruction: {one['instruction']}" in page.text_content("#spoken")
        assert one["instruction"] in page.text_content("#tip")
        at_once = (
            "document.getElementById('play').click(); document.getElementById('step-readout').textContent"
        )
        assert page.evaluate(at_once) == "0 of 12"
        page.wait_for_selector("#play[aria-pressed=false]", timeout=20_000)
        assert page.text_content("#step-readout") == "12 of 12"


@browser_test
def test_tsne_is_shown_where_it_was_made_and_says_what_it_is(open_page, contents):
    made = [row for row in contents.projections.frames.to_pylist() if row["embedding"] == "pca"]
    pictures = [
        row | {"embedding": "tsne", "x": row["y"], "y": row["x"]}
        for row in made
        if row["position"] == "input" and row["step"] in (0, 12)
    ]
    frames = pa.Table.from_pylist([*made, *pictures], schema=contents.projections.frames.schema)
    with open_page(replace(contents, projections=replace(contents.projections, frames=frames))) as opened:
        page = opened.page
        assert not page.is_visible("#embedding")
        page.select_option("#position", "input")
        page.select_option("#embedding", "tsne")
        assert "distances between groups, and their sizes, mean little" in page.text_content(
            "#clusters-caption"
        )
        rows = saved(page, "clusters")
        picture = next(row for row in pictures if row["step"] == 12 and row["site"] == "block.2")
        np.testing.assert_allclose(
            [float(row["x"]) for row in rows], picture["x"], atol=np.ptp(picture["x"]) / 1000 + 1e-3
        )
        page.focus("#step")
        page.keyboard.press("ArrowLeft")
        assert "The map is that of step" in page.text_content("#clusters-caption")
        page.select_option("#position", "last_instruction")
        assert "principal directions" in page.text_content("#clusters-caption")


def between_pictures(contents, kept):
    """The run with t-SNE at its first and last step alone, and other pictures where `kept` holds of the step.

    All points are in cluster 1 at these two and in cluster 0 between them, and each answer names its step.
    """
    steps = [step for step in contents.projections.steps if step in (0, 12) or kept]
    frames = [
        row | {"embedding": name, "cluster": [int(row["step"] in (0, 12))] * len(row["cluster"])}
        for row in contents.projections.frames.to_pylist()
        if row["embedding"] == "pca" and row["step"] in steps
        for name in ("pca", *(["tsne"] if row["step"] in (0, 12) else []))
    ]
    examples = contents.projections.examples
    answers = pa.array([[f"at {step}" for step in steps]] * examples.num_rows)
    examples = examples.set_column(examples.column_names.index("predicted"), "predicted", answers)
    points = replace(
        contents.projections,
        examples=examples,
        frames=pa.Table.from_pylist(frames, schema=contents.projections.frames.schema),
    )
    return replace(contents, projections=points)


@browser_test
@pytest.mark.parametrize("kept", [True, False], ids=["clusters at every step", "points at two steps"])
def test_saved_points_are_of_the_step_that_they_name(open_page, contents, kept):
    """Where the step chosen has no picture, coordinates, cluster, answer and step are those of the nearest that has one."""
    with open_page(between_pictures(contents, kept)) as opened:
        page = opened.page
        page.focus("#step")
        page.keyboard.press("ArrowLeft")
        chosen = int(page.text_content("#step-readout").split(" ")[0])
        picture = min((0, 12), key=lambda step: abs(step - chosen))
        assert 0 < chosen < 12
        assert f"The map is that of step {picture}, the nearest" in page.text_content("#clusters-caption")
        of_picture = {(row["step"], row["cluster"], row["predicted"]) for row in saved(page, "clusters")}
        assert of_picture == {(str(picture), "1", f"at {picture}")}
        own = (str(chosen), "0", f"at {chosen}") if kept else (str(picture), "1", f"at {picture}")
        in_table = {(row["step"], row["cluster"], row["predicted"]) for row in saved(page, "selection")}
        assert in_table == {own}
        assert {(row["step"], row["cluster"]) for row in saved(page, "confusion")} == {own[:2]}


@browser_test
def test_tables_and_pictures_are_saved(open_page, rich):
    with open_page(rich) as opened:
        page = opened.page
        rows = saved(page, "atlas")
        expected = scored(rich, split="validation", position="last_instruction")
        assert {(row["site"], int(row["step"])): float(row["value"]) for row in rows} == pytest.approx(
            {(row.site, row.step): row.value for row in expected.itertuples()}, abs=1e-6
        )
        assert len(saved(page, "scores")) > len(rows)
        for figure in ("emergence", "atlas", "clusters"):
            for kind, begins in (("svg", b"<svg"), ("png", b"\x89PNG")):
                with page.expect_download() as download:
                    page.click(f"[data-save={kind}][data-figure={figure}]")
                assert download.value.suggested_filename == f"{figure}.{kind}"
                assert download.value.path().read_bytes().startswith(begins)


@browser_test
def test_sections_are_there_where_the_run_has_them(open_page, bare, rich):
    with open_page(rich) as opened:
        assert opened.page.is_visible("#causes") and not opened.page.is_visible("#unseen")
        assert [len(values) for *_, values in lines_of(opened.page, "causes")] == [4, 4]
    with open_page(replace(bare, projections=None)) as opened:
        assert not opened.page.is_visible("#clusters") and not opened.page.is_visible("#causes")
        assert opened.page.is_visible("#emergence")


@browser_test
def test_every_control_is_reached_by_keyboard_and_shows_it(open_page, contents):
    with open_page(contents) as opened:
        page, reached = opened.page, set()
        for _ in range(120):
            page.keyboard.press("Tab")
            where = page.evaluate(
                "(() => { const e = document.activeElement; return [e.id || e.name || e.textContent.trim(), getComputedStyle(e).outlineStyle, e.matches('.segments input'), e === document.body]; })()"
            )
            reached.add(where[0])
            assert where[1] != "none" or where[2] or where[3], where
        wanted = {
            "factor",
            "position",
            "measure",
            "scale",
            "atlas-split",
            "atlas-frame",
            "play",
            "step",
            "site",
            "color",
            "search",
            "zoom",
            "points",
            "confusion",
        }
        assert wanted <= reached


def hostile(contents):
    """The run with every text of its corpus, labels and names turned against the page."""

    def harm(table, names):
        for name in names:
            texts = pa.array([HOSTILE[index % len(HOSTILE)] for index in range(table.num_rows)])
            table = table.set_column(table.column_names.index(name), name, texts)
        return table

    corpus = replace(
        contents.corpus, table=harm(contents.corpus.table, ("instruction", "input", "output", "split"))
    )
    examples = harm(contents.projections.examples, ("instruction", "input", "output"))
    for index, text in enumerate(HOSTILE):
        examples = examples.append_column(
            text, pa.array([HOSTILE[(row + index) % len(HOSTILE)] for row in range(examples.num_rows)])
        )
    answers = pa.array(
        [[HOSTILE[row % len(HOSTILE)]] * len(contents.projections.steps) for row in range(examples.num_rows)]
    )
    examples = examples.set_column(examples.column_names.index("predicted"), "predicted", answers)
    agreement = contents.scores.query("metric == 'ari' and method == 'kmeans' and factor == 'task'")
    scores = pd.concat(
        [contents.scores, *(agreement.assign(factor=text) for text in HOSTILE)], ignore_index=True
    )
    scores = pd.concat(
        [scores, *(agreement.query("control == 'untrained'").assign(control=text) for text in HOSTILE)],
        ignore_index=True,
    )
    scores = pd.concat(
        [scores, scores[scores["split"] == "train"].assign(split=HOSTILE[3])], ignore_index=True
    )
    claims = tuple(
        replace(one, words=HOSTILE[0], rule=HOSTILE[1], claim=HOSTILE[2]) for one in contents.claims
    )
    manifest = {**contents.manifest, "command": HOSTILE[0], "versions": {HOSTILE[1]: HOSTILE[2]}}
    return replace(
        contents, name=HOSTILE[0], corpus=corpus, scores=scores, claims=claims, manifest=manifest,
        projections=replace(contents.projections, examples=examples),
    )  # fmt: skip


@browser_test
def test_a_hostile_corpus_is_text_and_nothing_else(open_page, contents):
    with open_page(hostile(contents)) as opened:
        page = opened.page
        page.select_option("#factor", index=3)
        page.select_option("#color", "instruction")
        page.focus("#points")
        page.keyboard.press("ArrowRight")
        tip = page.text_content("#tip")
        assert any(text in tip for text in HOSTILE)
        page.select_option("#color", HOSTILE[3])
        assert HOSTILE[1] in page.locator("#legend").text_content()
        assert (
            page.evaluate(
                "document.querySelectorAll('main img, main a[href^=javascript], main svg a, #tip a, #tip b b, [onerror]').length"
            )
            == 0
        )
        drawn = page.locator("#emergence-plot").text_content()
        assert HOSTILE[3] in drawn, "markup is shown, not obeyed"
        everything = page.content()
        assert "\u202e" not in everything and "⟨U+202E⟩" in page.text_content("body")
        assert page.evaluate("document.scripts.length") == 3
        cells = {cell for row in saved(page, "clusters") for cell in row.values()}
        assert not [cell for cell in cells if re.match(r"[=+@]|-[^\d]", cell)]
        assert "'" + HOSTILE[7] in cells


@browser_test
def test_a_model_that_was_looked_at_once_is_shown_by_layer(open_page, prompts):
    """One step, factors and split of the user's own, long prompts, no claims, no grammar."""
    with open_page(prompts) as opened:
        page = opened.page
        lines = {name: values for _, name, _, values in lines_of(page)}
        assert set(lines) == {"country", "relation", "=cost"}
        for factor, values in lines.items():
            rows = scored(prompts, split="train", factor=factor).sort_values("layer")
            np.testing.assert_allclose(values, rows["value"], atol=1e-6)
        assert np.shape(atlas_of(page)) == (13, 3)
        page.select_option("#factor", "relation")
        assert (
            page.text_content("#atlas-readout")
            == "layer 12, relation: 0.840 (95 % 0.82 to 0.86; bag of tokens 0.10)"
        )
        page.focus("#atlas-frame")
        for key in ("ArrowLeft", "ArrowDown"):
            page.keyboard.press(key)
        assert page.text_content("#atlas-readout").startswith("layer 11, country: 0.330 ")
        assert page.input_value("#factor") == "country" and page.input_value("#site") == "block.11"
        assert (
            not page.is_visible("#scale") and not page.is_visible("#play") and not page.is_visible("#causes")
        )
        pictures = [button.strip() for button in page.locator("#moments button").all_text_contents()]
        assert pictures[0] == "layer 0: 0.00" and pictures[-1] == "layer 12: 0.36" and len(pictures) == 6
        page.select_option("#color", "right or wrong answer")
        assert page.locator("#legend button").all_text_contents() == ["answered wrong", "answered right"]
        cells = saved(page, "atlas")
        assert {row["factor"] for row in cells} == {"country", "relation", "'=cost"}
        page.focus("#points")
        page.keyboard.press("ArrowRight")
        tip = page.text_content("#tip")
        assert "Prompt 0 in many words." in tip and "country" in tip


@browser_test
def test_the_step_of_an_analysis_is_chosen(open_page, bare):
    """What is drawn at every step, and its control there, are the rows of the table."""
    agreement = bare.scores.query("metric == 'ari' and method == 'kmeans' and factor == 'task'")
    unseen = agreement.assign(method="unseen", metric="assignment_accuracy")
    contents = replace(bare, scores=pd.concat([bare.scores, unseen], ignore_index=True))
    with open_page(contents) as opened:
        page = opened.page
        steps = [int(text) for text in page.locator("#unseen-step option").all_text_contents()]
        assert steps == sorted(set(unseen["step"])) and page.input_value("#unseen-step") == str(steps[-1])
        for step in (steps[1], steps[-1]):
            page.select_option("#unseen-step", str(step))
            drawn = [(name, values) for _, name, _, values in lines_of(page, "unseen")]
            where = {"split": page.input_value("#unseen-split"), "position": "last_instruction", "step": step}
            for name, values in drawn:
                control = {"the model": "none", **{words: one for one, words in CONTROLS.items()}}[name]
                rows = scored(
                    contents, method="unseen", metric="assignment_accuracy", control=control, **where
                )
                expected = rows.set_index("site")["value"].reindex(
                    ["embed", "block.1", "block.2", "final_norm"]
                )
                np.testing.assert_allclose(values, expected, atol=1e-6)
            assert f"at step {step}" in page.text_content("#unseen-caption")


@browser_test
def test_names_stand_beside_the_panels_and_apart(open_page, rich):
    with open_page(rich) as opened:
        boxes = opened.page.evaluate(
            """Array.from(document.querySelectorAll("#emergence-plot .name")).map(one => {
                const { x, y, width, height } = one.getBoundingClientRect(); return [one.textContent, x, y, width, height]; })"""
        )
        names = boxes
        assert {"untrained", "bag of tokens", "layer 0"} <= {name for name, *_ in names}
        for i, (_, x, y, width, height) in enumerate(names):
            for _, other_x, other_y, other_width, other_height in names[:i]:
                is_beside = x >= other_x + other_width or other_x >= x + width
                assert is_beside or y >= other_y + other_height - 4 or other_y >= y + height - 4
        ends = opened.page.evaluate(
            "Array.from(document.querySelectorAll('#emergence-plot .level')).map(one => one.getBoundingClientRect().right)"
        )
        assert not ends or min(x for _, x, *_ in names) >= min(ends) - 1


@browser_test
def test_clusters_against_labels_are_read_out_and_saved(open_page, contents):
    with open_page(contents) as opened:
        page = opened.page
        rows = saved(page, "confusion")
        points = saved(page, "clusters")
        assert sum(int(row["points"]) for row in rows) == len(points)
        for row in rows:
            same = [one for one in points if one["cluster"] == row["cluster"] and one["task"] == row["label"]]
            assert len(same) == int(row["points"])
        page.focus("#confusion")
        page.keyboard.press("ArrowRight")
        first = rows[0]
        assert page.text_content("#spoken") == (
            f"{first['points']} of {sum(int(row['points']) for row in rows if row['label'] == first['label'])} points: "
            f"cluster {first['cluster']}, task {first['label']}"
        )
        page.keyboard.press("ArrowDown")
        assert page.text_content("#spoken") != "" and page.is_visible("#tip")
        for kind, begins in (("svg", b"<svg"), ("png", b"\x89PNG")):
            with page.expect_download() as download:
                page.click(f"[data-save={kind}][data-figure=confusion]")
            assert download.value.path().read_bytes().startswith(begins)


@browser_test
def test_the_first_picture_moves_the_rest(open_page, contents):
    with open_page(contents) as opened:
        page = opened.page
        buttons = page.locator("#moments button")
        axes = page.locator("#moments .axis").all_text_contents()
        assert axes[:3] == ["layer 2", "layer 1", "layer 0"] and axes[4:][:: len(axes) - 5] == [
            "step 0",
            "step 12",
        ]
        rows = scored(contents, split="validation", position="last_instruction").set_index(["site", "step"])
        for button in buttons.all():
            place = (button.get_attribute("data-site"), int(button.get_attribute("data-step")))
            assert button.text_content() == f"{rows.loc[place, 'value']:.2f}".replace("-", "−")
        caption = page.text_content("#moments-caption")
        assert "t-SNE exaggerates" in caption and "of the states themselves" in caption
        assert page.evaluate(
            "Array.from(document.querySelectorAll('#moments canvas')).every(one => one.getContext('2d').getImageData(0, 0, one.width, one.height).data.some(Boolean))"
        )
        buttons.first.press("Enter")
        assert page.text_content("#step-readout") == "0 of 12"
        assert page.text_content("#atlas-readout").startswith("layer 2, step 0: ")


@browser_test
def test_on_paper_figures_fit_the_sheet_and_rules_are_open(open_page, contents):
    with open_page(contents) as opened:
        page = opened.page
        widths = "Array.from(document.querySelectorAll('.plot > svg')).map(one => one.getBoundingClientRect().width)"
        on_screen = page.evaluate(widths)
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert max(page.evaluate(widths)) <= 680
        assert page.locator(".rule p").first.is_visible() and not page.is_visible("#lens")
        page.emulate_media(media="screen")
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        page.wait_for_timeout(300)
        assert page.evaluate(widths) == on_screen
        assert page.pdf().startswith(b"%PDF")
        page.wait_for_timeout(300)
        assert page.evaluate(widths) == on_screen


@browser_test
def test_five_thousand_points_answer_the_slider_at_once(open_page, contents):
    """Not a wall clock's figure: only that a move draws in the frame that follows it, and all points do."""
    projections = contents.projections
    n = projections.examples.num_rows
    many = np.arange(5000) % n
    frames = projections.frames.to_pylist()
    for row in frames:
        for name in ("x", "y", "cluster"):
            row[name] = [row[name][index] for index in many]

    large = replace(
        projections,
        examples=projections.examples.take(many),
        frames=pa.Table.from_pylist(frames, schema=projections.frames.schema),
    )
    with open_page(replace(contents, projections=large), n_points=5000) as opened:
        page = opened.page
        before = page.evaluate(PIXELS, "points")
        page.evaluate(
            "(() => { const s = document.getElementById('step'); s.value = 0; s.dispatchEvent(new Event('input', {bubbles: true})); })()"
        )
        assert page.evaluate(PIXELS, "points") != before
        assert "5,000 instances" in page.text_content("#clusters-caption")


@browser_test
def test_several_runs_on_one_page(open_page, contents):
    second = replace(
        contents,
        name="seed two",
        config={**contents.config, "seed": 2},
        scores=contents.scores.assign(value=contents.scores["value"] + 0.1),
    )
    wider = replace(
        contents,
        name="wider",
        config={**contents.config, "model": {**contents.config["model"], "n_embd": 64}},
    )
    third = replace(
        second,
        name="seed three",
        config={**contents.config, "seed": 3},
        scores=contents.scores.assign(value=contents.scores["value"] + 0.05),
    )
    with open_page(contents, second, third, wider) as opened:
        page = opened.page
        summary = page.locator("#over-seeds tbody tr").all_inner_texts()
        assert len(summary) == len(
            {one.claim for one in contents.claims if one.position == "last_instruction"}
        )
        assert all("of 3" in row or "not measured" in row for row in summary)
        assert page.locator("#all-settings tbody tr").count() == len(contents.settings)
        assert page.locator("#differing tbody tr").count() == 1
        assert page.locator("#differing").inner_text().split() == [
            "Setting",
            "smoke",
            "seed",
            "two",
            "seed",
            "three",
            "wider",
            "model.n_embd",
            "32",
            "32",
            "32",
            "64",
        ]
        rows = scored(contents, split="validation", position="last_instruction")
        for panel, name, _, values in lines_of(page):
            one = rows[[site_words(site) == name for site in rows["site"]]].sort_values("step")["value"]
            np.testing.assert_allclose(
                values, one + (0 if "wider" in panel or "64" in panel else 0.05), atol=1e-6
            )
        low, high = (
            np.array(
                page.evaluate(
                    f"document.querySelector('#emergence-plot .line').dataset.{end}.split(',').map(Number)"
                )
            )
            for end in ("low", "high")
        )
        reach = scipy.stats.t.ppf(0.975, 2) * scipy.stats.sem([0.0, 0.1, 0.05])
        np.testing.assert_allclose(high - low, 2 * reach, atol=1e-6)
        assert page.locator("#emergence-plot .panel").first.locator(".seed").count() == 3 * 4
        assert "95 % interval between them" in page.text_content("#emergence-caption")
        assert page.locator("#run option").all_text_contents() == ["smoke", "seed two", "seed three"]
        page.select_option("#group", "1")
        assert "wider" not in page.text_content("#atlas-caption") and "n_embd = 64" in page.text_content(
            "#atlas-caption"
        )


@browser_test
def test_several_seeds_name_the_commonest_control_and_the_fewest_examples(open_page, contents):
    """Of the seeds that have the step: the first has not step 0, so its rows are not where the mean's are."""

    def of_seed(seed, strongest, n_examples, from_step=0):
        rows = contents.scores[contents.scores["step"] >= from_step]
        raised = rows["value"] + 5.0 * (rows["control"] == strongest)
        rows = rows.assign(value=raised, n_examples=n_examples + rows["step"])
        return replace(contents, name=f"seed {seed}", config={**contents.config, "seed": seed}, scores=rows)

    seeds = [
        of_seed(1, "untrained", 40, from_step=1),
        of_seed(2, "bag_of_tokens", 60),
        of_seed(3, "bag_of_tokens", 50),
    ]
    with open_page(*seeds) as opened:
        page = opened.page
        page.focus("#atlas-frame")
        page.keyboard.press("End")
        assert "; bag of tokens " in page.text_content("#atlas-readout")
        for key, n_examples in (("End", 52), ("Home", 50)):
            page.keyboard.press(key)
            box = page.locator("#atlas-plot .chosen").bounding_box()
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            assert page.text_content("#tip").endswith(f"examples{n_examples}")
