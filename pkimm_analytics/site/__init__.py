"""The benchmark page: static pages without a server, and the same in Voila and notebooks."""

from pkimm_analytics.site.contents import SITE_MANIFEST, site_files
from pkimm_analytics.site.pages import Appearance
from pkimm_analytics.site.reading import reading_data
from pkimm_analytics.site.writing import Site, find_releases, publish_site

__all__ = [
    "SITE_MANIFEST",
    "Appearance",
    "Site",
    "find_releases",
    "publish_site",
    "reading_data",
    "site_files",
]
