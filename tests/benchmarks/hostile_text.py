"""JSON and plain text that a stranger can send to keep a server busy, as functions of a size in bytes of UTF-8."""


def repeated(text, before="", after=""):
    """The text as often as fits, in UTF-8."""

    def shape(size):
        left = size - len((before + after).encode())
        return before + text * (left // len(text.encode())) + after

    return shape


def numbered(template, separator, before, after):
    """A member or an element for each number, as many as fit."""

    def shape(size):
        items, left = [], size - len(before + after)
        for number in range(size):
            item = template % number
            left -= len(item) + 1
            if left < 0:
                break
            items.append(item)
        return before + separator.join(items) + after

    return shape


LONG_NUMBER = "9" * 4_300
JSON = {
    "lists within lists": repeated("["),
    "objects within objects": repeated('{"":'),
    "lists side by side": numbered("[%d]", ",", '{"x":[', "]}"),
    "closing brackets": repeated("]"),
    "a long number": repeated("9", '{"x":', "}"),
    "a long negative number": repeated("9", '{"x":-', "}"),
    "numbers of 4,300 digits": repeated(f"{LONG_NUMBER},", '{"x":[', "0]}"),
    "a long fraction": repeated("9", '{"x":0.', "}"),
    "a long fraction of zeros": repeated("0", '{"x":0.', "1}"),
    "a long exponent": repeated("9", '{"x":1e', "}"),
    "large exponents": repeated("1e308,", '{"x":[', "0]}"),
    "fractions": repeated("2.2250738585072011e-308,", '{"x":[', "0]}"),
    "small numbers": repeated("1,", '{"x":[', "0]}"),
    "escapes": repeated("\\u0041", '{"x":"', '"}'),
    "escaped surrogates": repeated("\\ud83d\\udd11", '{"x":"', '"}'),
    "halves of surrogates": repeated("\\ud83d", '{"x":"', '"}'),
    "escaped quotes": repeated('\\"', '{"x":"', '"}'),
    "escaped backslashes": repeated("\\\\", '{"x":"', '"}'),
    "a text that does not end": repeated("a", '{"x":"'),
    "an escape that does not end": repeated("\\", '{"x":"'),
    "a long text": repeated("a", '{"x":"', '"}'),
    "a text of four-byte characters": repeated("\U0001f511", '{"x":"', '"}'),
    "a text of marks": repeated("\u0315\u0300", '{"x":"', '"}'),
    "many members": numbered('"%d":0', ",", "{", "}"),
    "many long members": numbered('"' + "x" * 500 + '%d":0', ",", "{", "}"),
    "one member for ever": repeated('"x":0,', "{", '"x":0}'),
    "a long name": repeated("a", '{"', '":0}'),
    "blanks": repeated(" ", "{", "}"),
    "line ends": repeated("\n", "{", "}"),
    "blanks and nothing else": repeated(" "),
    "constants": repeated("true,", '{"x":[', "null]}"),
    "NaN": repeated("NaN,", '{"x":[', "0]}"),
    "texts": repeated('"",', '{"x":[', "0]}"),
    "commas": repeated(",", '{"x":[', "]}"),
    "colons": repeated(":", "{", "}"),
    "quotes": repeated('"'),
    "minus signs": repeated("-", '{"x":', "}"),
    "byte order marks": repeated("\ufeff"),
    "a comment": repeated("*", "/*", "*/"),
    "NULs": repeated("\x00"),
    "dots": repeated(".", '{"x":1', "}"),
}
TEXTS = {
    **{
        f"{part!r} for ever": repeated(part)
        for part in (
            *("a", "A", "0", "9", "-", "_", ".", ":", ",", ";", "=", "/", "\\", "[", "]", "%", "@", "+", '"', "<"),
            *(
                "a-",
                "-a",
                "a.",
                ".a",
                "1.",
                "a:",
                "::",
                "::1,",
                "1.2.3.4,",
                "a@",
                "@a.",
                "//",
                "..",
                "%00",
                "q=0.1;",
            ),
            *("*/*,", "a/b;q=0.1,", "a/b;c=d;", "a=b;", "a b", "xn--", "\u00e9", "\u0661", "\uff21", "\U0001f511"),
            *("\u0315\u0300", "\u1161\u11a8", "\ufdfa", "\u212a", "\u017f", "\u202e", "\u200b"),
        )
    },
    **{
        f"{part!r} for ever, then {after!r}": repeated(part, after=after)
        for part in ("a", "0", "1.", "a.", "a-", "[", ":", " ", "-", "_", "/")
        for after in ("!", ":x", "]", "\x00")
    },
    "a host of marks": repeated("\u0315\u0300", "//a", "/"),
    "an IPv6 address that does not end": repeated("a:", "["),
    "a port that does not end": repeated("9", "[::1]:"),
    "an address in an address": repeated("a@", after="example.com"),
    "an address with a long domain": repeated("a.", "a@", "example.com"),
    "a quoted address": repeated("\\a", '"', '"@example.com'),
}


def cookie_header(size):
    """As many ceremony cookies as fit, none of them ours."""
    return numbered("passkey_%d=a:b", "; ", "", "")(size)


def compressed_cookies(size):
    """As `cookie_header`, with values that claim to be compressed."""
    return numbered("passkey_%d=.eJwDAAAAAAE:x", "; ", "", "")(size)
