"""How a site is published, and when it is refused."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from pkimm_analytics.cli import publish
from pkimm_analytics.errors import DisclosureError
from pkimm_analytics.release import read_release, release_id, totals
from pkimm_analytics.site import SITE_MANIFEST, find_releases, publish_site
from pkimm_analytics.site.contents import sha256


@pytest.fixture(scope="module")
def command():
    """Run the command line of ``pkimm publish``."""
    app = typer.Typer()
    publish.register(app)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def newest(site_releases, tmp_path):
    """A copy of the newest release, for tests that change it."""
    folder = find_releases([site_releases])[-1]
    return Path(shutil.copytree(folder, tmp_path / "changed" / folder.name))


def restated(folder: Path) -> Path:
    """Write the manifest anew, so that it fits what somebody changed; returns the folder."""
    content = (folder / "benchmark.parquet").read_bytes()
    document = json.loads((folder / "manifest.json").read_text())
    document["release"] = release_id(document["quarter"], content)
    document["totals"] = totals(read_release(folder), document["quarter"])
    for one in document["files"]:
        content = (folder / one["name"]).read_bytes()
        one |= {"sha256": sha256(content), "bytes": len(content)}
    (folder / "manifest.json").write_text(json.dumps(document))
    return folder.rename(folder.with_name(document["release"]))


def test_a_site_is_made_once_and_found_again(site, site_releases):
    """
    The same releases change nothing.
    """
    before = (site / SITE_MANIFEST).stat().st_mtime_ns
    again = publish_site([site_releases], site)
    assert not again.is_new
    assert (site / SITE_MANIFEST).stat().st_mtime_ns == before
    assert again.digest == sha256((site / SITE_MANIFEST).read_bytes())


def test_a_site_of_one_release_replaces_that_of_two(site, site_releases, tmp_path):
    """
    What the old site had and the new one has not is gone, and nothing else lies around.
    """
    place = tmp_path / "site"
    shutil.copytree(site, place)
    newest = find_releases([site_releases])[-1]
    made = publish_site([newest], place)
    assert made.releases == (newest.name,)
    assert [p.name for p in (place / "data").iterdir() if p.is_dir()] == [newest.name]
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def test_a_folder_with_something_else_in_it_is_left_alone(site, site_releases, tmp_path):
    """
    Once a folder of other files, once a site to which somebody added a page.
    """
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("Dear all")
    added = Path(shutil.copytree(site, tmp_path / "site"))
    (added / "about.html").write_text("<p>us</p>")
    for place, name in ((other, "letter.txt"), (added, "about.html")):
        with pytest.raises(DisclosureError, match="holds something else") as error:
            publish_site([site_releases], place)
        assert name in str(error.value)
        assert (place / name).exists()
    with pytest.raises(DisclosureError, match="replace its own releases"):
        publish_site([site_releases], site_releases.parent)


def test_a_site_that_cannot_be_moved_leaves_the_old_one(site, site_releases, tmp_path, monkeypatch):
    """
    The exchange fails at the worst moment: the old site is put back.
    """
    place = Path(shutil.copytree(site, tmp_path / "site"))
    before = (place / SITE_MANIFEST).read_bytes()
    rename = Path.rename

    def fails(self, target):
        if self.name == "new":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(DisclosureError, match="No space left"):
        publish_site([find_releases([site_releases])[-1]], place)
    assert (place / SITE_MANIFEST).read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def test_a_release_that_was_changed_is_refused(newest, tmp_path):
    """
    One byte of its notes differs from what the manifest says.
    """
    (newest / "README.md").write_text("Other notes")
    with pytest.raises(DisclosureError, match="not as it was published"):
        publish_site([newest], tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_release_that_gives_something_away_is_refused(newest, tmp_path):
    """
    Its manifest fits, but a group of five is shown.
    """
    table = pq.read_table(newest / "benchmark.parquet")
    bands = table.column("n").to_pylist()
    small = ["5" if band == "10-14" else band for band in bands]
    assert small != bands
    place = table.column_names.index("n")
    changed = table.set_column(place, table.schema.field("n"), pa.array(small))
    pq.write_table(
        changed,
        newest / "benchmark.parquet",
        write_statistics=False,
        store_schema=False,
        row_group_size=changed.num_rows,
    )
    with pytest.raises(DisclosureError, match="could be learned") as error:
        publish_site([restated(newest)], tmp_path / "site")
    assert "T1" in str(error.value)
    assert not (tmp_path / "site").exists()


def test_a_file_with_an_address_of_mail_is_refused(newest, tmp_path):
    """
    Notes of a release go onto a page, so what they give away is found.
    """
    (newest / "README.md").write_text("Questions to someone@example.org")
    with pytest.raises(DisclosureError, match="could be learned") as error:
        publish_site([restated(newest)], tmp_path / "site")
    assert "a mail address" in str(error.value)
    assert "someone" not in str(error.value)


def test_two_releases_of_a_quarter_and_none_at_all_are_refused(newest, site_releases, tmp_path):
    """
    All problems at once.
    """
    again = newest.rename(newest.with_name(newest.name[:-1] + "0"))
    with pytest.raises(DisclosureError) as error:
        find_releases([site_releases, again, tmp_path / "nowhere"])
    assert "two releases are of this quarter" in str(error.value)
    assert "no release, and no folder of releases" in str(error.value)


def test_the_command_prints_one_document(command, site, site_releases):
    """
    With the id of what is shown, and the hash of the manifest.
    """
    result = command("--release", site_releases, "--out", site, "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["format"] == "pkimm-published/1"
    assert document["release"] == find_releases([site_releases])[-1].name
    assert document["files"] == len([p for p in site.rglob("*") if p.is_file()])


def test_the_command_takes_the_looks_of_a_publisher(command, site_releases, tmp_path):
    """
    An address of mail that the publisher names is no finding; anything but an address is.
    """
    logo = tmp_path / "our logo.svg"
    logo.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    arguments = ("--release", site_releases, "--out", tmp_path / "site", "--language", "de")
    looks = ("--contact", "mailto:us@us.example", "--logo", logo, "--title", "Unser Vergleich")
    result = command(*arguments, *looks)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "site/index.html").read_text("utf-8")
    assert "Unser Vergleich" in page
    assert 'src="assets/logo.svg"' in page
    assert "mailto:us@us.example" in page
    assert command(*arguments, "--contact", "us").exit_code == 2
    assert command(*arguments[:-1], "xx").exit_code == 1


def test_the_command_ends_with_1_if_refused_and_2_if_used_wrongly(command, tmp_path):
    """
    Neither leaves anything behind.
    """
    out = tmp_path / "site"
    assert command("--release", tmp_path / "none", "--out", out).exit_code == 1
    assert command("--out", out).exit_code == 2
    assert command("--release", tmp_path, "--demo", "--out", out).exit_code == 2
    assert not out.exists()
