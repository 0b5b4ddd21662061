"""`nucleate verify`: the verdict on every claim."""

from __future__ import annotations

from pathlib import Path


def verify(directory: Path, /) -> int:
    """Print the verdict on every claim with the numbers it rests on; exit 1 where one fails.

    The verdicts that count are those at the run's own position; the other positions are shown beside. A
    claim that is inconclusive or was not measured fails nothing.

    Args:
        directory: A run's folder.
    """
    from nucleate.claims.evidence import Evidence  # noqa: PLC0415 - pandas; --help needs none
    from nucleate.claims.judging import judge_claims  # noqa: PLC0415
    from nucleate.claims.settings import ClaimSettings  # noqa: PLC0415 - pandas; --help needs none
    from nucleate.cli.verdicts import print_readings, print_verdicts  # noqa: PLC0415
    from nucleate.run_folder.folder import RunFolder  # noqa: PLC0415
    from nucleate.settings.config import read_toml  # noqa: PLC0415

    folder = RunFolder.open(directory)
    folder.read_config()
    settings = ClaimSettings.from_mapping(read_toml(folder.config_toml)["claims"], str(folder.config_toml))
    evidence = Evidence.read(folder, settings)
    verdicts = judge_claims(evidence)
    print_verdicts(verdicts, settings.position, with_rules=True)
    print_readings(evidence)
    return int(any(one.verdict == "fails" for one in verdicts if one.position == settings.position))
