"""A release whose counts are known."""

import numpy as np
import pytest

from pkimm_analytics.benchmark import open_release
from tests.benchmark.made import EVERYBODY, PLAN, group, made_release

MEASURES = (*PLAN.categories, "overall")


def draw(seed, n):
    """Counts of levels of every measure, for n contributors."""
    rng = np.random.default_rng(seed)
    return {m: rng.multinomial(n, rng.dirichlet([1, 3, 4, 2, 1])) for m in MEASURES}


@pytest.fixture(scope="session")
def counts():
    """Counts behind the release, by group and measure."""
    known = {
        EVERYBODY: draw(1, 640),
        group(sector="finance"): draw(2, 130),
        group(sector="public"): draw(3, 60),
        group(sector="health"): draw(4, 12),
        group(size="5000+"): draw(5, 210),
        group(region="europe"): draw(6, 300),
        group(sector="finance", region="europe"): draw(7, 40),
        group(assurance="independent"): draw(8, 90),
        group(edition="1.0.0"): draw(9, 25),
        group(sector="education"): draw(10, 7),
    }
    known[EVERYBODY] |= {r: np.array([60, 100, 200, 100, 40]) for r in PLAN.requirements}
    known[group(sector="public")]["overall"] = np.array([0, 0, 9, 0, 0])
    return known


@pytest.fixture(scope="session")
def release(tmp_path_factory, counts):
    """Folder of a release of them."""
    return made_release(tmp_path_factory.mktemp("releases"), counts)


@pytest.fixture(scope="session")
def bench(release):
    """The release, opened."""
    return open_release(release)
