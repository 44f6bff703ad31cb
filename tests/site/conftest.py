"""A series of two releases and the site made of it, once for all tests of the site."""

import pytest

from pkimm_analytics.benchmark import open_release
from pkimm_analytics.site import publish_site
from pkimm_analytics.site.contents import read_files
from pkimm_analytics.site.writing import find_releases


@pytest.fixture(scope="session")
def site(tmp_path_factory, site_releases):
    """Folder of the published site."""
    return publish_site([site_releases], tmp_path_factory.mktemp("published") / "site").folder


@pytest.fixture(scope="session")
def sources(site_releases):
    """The releases, opened, oldest first."""
    return [read_files(one, open_release(one)) for one in find_releases([site_releases])]


@pytest.fixture(scope="session")
def files(site):
    """Content of every file of the site by its path."""
    return {p.relative_to(site).as_posix(): p.read_bytes() for p in site.rglob("*") if p.is_file()}
