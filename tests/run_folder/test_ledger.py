from nucleate.run_folder import ledger

DONE = {"status": "done", "inputs": "a", "outputs": {"x": "1", "f/y": "2", "f/z": "3"}, "seconds": 4.0}


def test_a_stage_from_other_inputs_begins_beside_what_is_there():
    made = ledger.begun(DONE, "b")
    assert made["outputs"] == {}
    assert made["earlier"] == DONE["outputs"]
    assert DONE["status"] == "done", "the entry itself is left alone"


def test_a_stage_that_was_broken_off_is_gone_on_with_from_the_same_inputs_alone():
    running = DONE | {"status": "running", "earlier": {"w": "0"}}
    assert ledger.begun(running, "a") == running
    assert ledger.begun(running, "b")["earlier"] == {"w": "0", **DONE["outputs"]}


def test_a_folder_takes_the_lines_of_all_that_lay_in_its_place():
    made = ledger.with_files(ledger.begun(DONE, "b"), "f", {"f/y": "5"})
    assert made["outputs"] == {"f/y": "5"}
    assert made["earlier"] == {"x": "1"}


def test_at_the_end_what_was_not_made_again_or_has_served_is_to_go():
    made = ledger.with_files(ledger.begun(DONE, "b"), "f", {"f/y": "5", "f/state": "6"})
    done = ledger.finished(made, {"f/state"})
    assert (done["status"], done["outputs"]) == ("done", {"f/y": "5"})
    assert done["earlier"] == {"x": "1", "f/state": "6"}
    assert ledger.is_unsettled(done)
    assert not ledger.is_unsettled(DONE)
