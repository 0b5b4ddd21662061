from nucleate.run_folder.paths import RunPaths


def test_checkpoints_are_listed_by_their_steps(tmp_path):
    paths = RunPaths(tmp_path)
    for step in (400, 0, 60):
        paths.checkpoint(step).mkdir(parents=True)
    assert paths.checkpoint_steps() == [0, 60, 400]


def test_a_file_is_named_by_its_way_from_the_folder(tmp_path):
    paths = RunPaths(tmp_path)
    assert paths.name_of(paths.checkpoint(7) / "config.json") == "checkpoints/step-00000007/config.json"
