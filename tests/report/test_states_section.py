import re

import pandas as pd

from nucleate.report.states_section import states_section

SITES = ["embed", "block.1", "block.2", "final_norm"]


def table(n_layers=2, other="b"):
    sites = ["embed", *(f"block.{layer}" for layer in range(1, n_layers + 1)), "final_norm"]
    return pd.DataFrame(
        {
            "run_a": "a", "step_a": 10, "site_a": one, "run_b": other, "step_b": 10, "site_b": two, "position": "last",
            "metric": metric, "n_examples": 1200, "value": 1 - 0.1 * abs(i - j) - 0.02 * i, "ci_low": 0.1, "ci_high": 0.9,
        }
        for i, one in enumerate(sites) for j, two in enumerate(sites) for metric in ("cka", "class_rsa")
    )  # fmt: skip


def test_every_pair_of_layers_is_a_cell_with_its_value_shade_and_tip():
    html = states_section(table())
    cells = re.findall(
        r'<title>(.*?)</title><rect x="(\d+)" y="(\d+)".*?fill-opacity="([\d.]+)".*?>([\d.]+)</text>', html
    )
    assert len(cells) == 16
    told = {tip.split(":")[0]: (int(x), int(y), float(shade), text) for tip, x, y, shade, text in cells}
    assert told["layer 0 and layer 0"][2:] == (1.0, "1.00")
    assert told["layer 2 and layer 0"][2:] == (0.76, "0.76")
    assert told["layer 0 and layer 0"][1] > told["final norm and layer 0"][1], "layers go upwards"
    assert told["layer 0 and final norm"][0] > told["layer 0 and layer 0"][0]
    assert "CKA 0.76 (95 % 0.10 to 0.90; 1,200 prompts)" in html
    assert "Most similar in layer 0, 1.00 (95 % 0.10 to 0.90); least in final norm, 0.94" in html


def test_one_model_with_itself_says_nothing_of_its_diagonal():
    html = states_section(table(other="a"))
    assert "a, step 10, with itself: last token before the answer" in html and "Most similar" not in html


def test_of_very_many_layers_some_are_shown_and_that_is_said():
    html = states_section(table(n_layers=40))
    assert html.count("<rect") <= 16**2 and "final norm and final norm" in html
    assert "Not every layer is shown" in html and "Not every layer" not in states_section(table())


def test_names_are_text():
    assert "<b>" not in states_section(table(other="<b>x</b>"))
