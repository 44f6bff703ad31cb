"""
The wheel alone: built, installed into empty environments, and tried command by command.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pkimm_analytics.extras import LIBRARIES
from tests.installing import install, new_environment

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "data/samples"

# In this order in one folder: each command, and the extra that it needs.
COMMANDS = """
--version
score {samples}/self-assessment.csv --json
import {samples}/assessments {samples}/self-assessment.csv --workspace workspace
columns {samples}/self-assessment.csv
export {samples}/self-assessment.csv --to xlsx --out a.xlsx
export {samples}/self-assessment.csv --to link
score a.xlsx
progress workspace
plan {samples}/self-assessment.csv --target 4
plans workspace
report {samples}/self-assessment.csv --kind self --out report.html
report {samples}/self-assessment.csv --kind self --format md
report {samples}/self-assessment.csv --kind self --format docx --out report.docx  # reports
report {samples}/self-assessment.csv --kind self --format pdf --out report.pdf  # reports
report {samples}/self-assessment.csv --kind attestation --out attestation.html  # reports
models list
models show 2.0.0
schema assessment
simulate --organizations 60 --seed 1 --out invented
contribute {samples}/self-assessment.csv --collection collection --preview
collection info invented
collection count invented --purpose "yearly review"
analyze assurance-gap invented --purpose "yearly review"
release --collection invented --out releases --quarter 2026Q3
audit releases
benchmark {samples}/self-assessment.csv --release releases
publish --release releases --out site
simulate --feedback 40 --seed 1 --out rounds
feedback import rounds/form.csv --feedback group --round 2026Q3
feedback summarize --feedback group  # feedback
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Build the wheel of this checkout.
    """
    out = tmp_path_factory.mktemp("dist")
    words = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(out)]
    subprocess.run([sys.executable, "-m", "pip", *words, str(ROOT)], check=True)
    (found,) = out.glob("*.whl")
    return found


def environment(folder: Path, wheel: Path, extra: str) -> Path:
    """
    Make an environment of its own with the wheel and one extra; return its programs.
    """
    wanted = f"pkimm-analytics[{extra}] @ {wheel.as_uri()}" if extra else str(wheel)
    pins = folder.with_name("pins.txt")
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    pins.write_text(re.sub(r" \\\n +--hash=\S+", "", lock), "utf-8")
    programs = new_environment(folder)
    install(programs, "--constraint", str(pins), wanted)
    return programs


def run(programs: Path, place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """
    Run `pkimm` of an environment in a folder of the test.
    """
    settings = {"PATH": os.environ["PATH"], "PKIMM_HOME": str(place / "home"), "COLUMNS": "200"}
    return subprocess.run(
        [str(programs / "pkimm"), *words],
        cwd=place,
        env=settings,
        text=True,
        capture_output=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    "extra",
    [
        "",
        "all",
        *(pytest.param(one, marks=pytest.mark.slow) for one in sorted({*LIBRARIES.values()})),
    ],
)
def test_every_command_works_or_names_the_extra_that_it_needs(
    extra: str, wheel: Path, tmp_path: Path
) -> None:
    """
    Without any extra, with each, and with all; what fails leaves nothing behind.
    """
    programs = environment(tmp_path / "environment", wheel, extra)
    place = tmp_path / "place"
    place.mkdir()
    for line in COMMANDS.strip().splitlines():
        command, _, needed = line.partition("  # ")
        done = run(programs, place, *shlex.split(command.format(samples=SAMPLES)))
        said = done.stdout[-500:] + done.stderr[-2000:]
        assert "Traceback" not in said, (command, said)
        if needed and extra not in {needed, "all"}:
            assert done.returncode == 1, command
            assert f"pip install 'pkimm-analytics[{needed}]'" in said, (command, said)
        elif not (done.returncode == 1 and "needs the Pango library" in said):
            assert done.returncode == 0, (command, said)
    is_signed = (place / "attestation.html").exists()
    assert is_signed == (extra in {"reports", "all"})
    assert len(list(place.glob("attestation*"))) == 2 * is_signed
    _demo(programs, place, works=extra in {"dashboards", "all"})


def _demo(programs: Path, place: Path, *, works: bool) -> None:
    """
    Start the demo; it prints its address, or says what is missing.
    """
    if not works:
        said = run(programs, place, "demo", "--no-browser").stderr
        assert "pip install 'pkimm-analytics[dashboards]'" in said
        return
    command = [str(programs / "pkimm"), "demo", "--no-browser", "--cold", "--port", "0"]
    settings = {**os.environ, "PKIMM_HOME": str(place / "home"), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, env=settings, cwd=place, stdout=subprocess.PIPE, text=True
    ) as demo:
        try:
            assert demo.stdout is not None
            assert any(line.startswith("Dashboards: http") for line in demo.stdout)
        finally:
            demo.send_signal(signal.SIGTERM)
