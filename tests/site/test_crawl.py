"""A crawl of the built site without a browser."""


def test_there_is_a_site(site):
    assert (site / "index.html").is_file()
