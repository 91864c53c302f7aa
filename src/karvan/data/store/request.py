"""What a source asks of its owner: one request per file."""

from __future__ import annotations

from typing import NamedTuple

EXPECT = ("csv", "json", "xml", "zip", "xlsx", "xls")
SECRET = "{secret}"  # stands in a header or parameter for the key, which is put in only when the request is sent


class Request(NamedTuple):
    """One file of a source.

    Parameters
    ----------
    url : address without parameters and without any key
    file : name under which a reader of the file knows it, "2016-2020.zip"; unique within the source and its options
    params, headers : pairs of name and value; a value that contains SECRET gets the key when the request is sent
    secret : name of the environment variable that holds the key, "" when none is needed
    expect : what the answer must be, one of EXPECT; "csv" stands for any table in text (comma, semicolon or tab)
    sha256, size : when the owner states them; "" and 0 when not
    holds : what may stand in a file that answers the request: (what, labels), such as ("country", ("KAZ",)); a label
        "2015..2023" is a range, compared as text; `found` of the module says what does stand there

    A module of a source, `karvan/data/sources/<name>.py`, has

    `requests(*, year: int = 2021, ...) -> tuple[Request, ...]`
        its keyword arguments are the options of the source; text from the command line is turned into what the
        annotation says: str, int, float, bool, tuple[str, ...] ("KAZ,RUS") or tuple[int, ...] ("2015,2019-2021")
    `read(paths: Sequence[Path], *, ...) -> pandas.DataFrame`
        the files in the order of the requests, as a tidy and checked frame; it may take the same options and more
    `more(first: Sequence[Path], *, ...) -> tuple[Request, ...]`
        only where the first answer says how many follow (pages): the further requests
    `accept(path: Path, *, ...) -> None`
        only where an owner tells faults in files of the right kind, or an archive can be another one: raises a
        SourceError, and the file is not kept; it may take options
    `found(path: Path) -> Mapping[str, Collection[str]]`
        where requests say what their file `holds`: the labels in a file that a user gives. A file with others is not
        kept, because it would answer for the wrong country or year ever after
    """

    url: str
    file: str
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    secret: str = ""
    expect: str = "csv"
    sha256: str = ""
    size: int = 0
    holds: tuple[tuple[str, tuple[str, ...]], ...] = ()
