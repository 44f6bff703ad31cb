"""The release of the benchmark's tests, for reports that compare with peers."""

from tests.benchmark.conftest import bench, counts, release

__all__ = ["bench", "counts", "release"]
