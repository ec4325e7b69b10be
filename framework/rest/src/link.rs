//! Links: paths below the public base path.

use std::fmt::Write as _;

use enaction_core::process::percent_decode;

/// The URL of something new: the first segments of the request's raw path, and its id.
pub(crate) fn location(base: &str, raw_path: &str, segments: usize, id: &str) -> String {
    let slashes = raw_path.bytes().enumerate().filter(|(_, byte)| *byte == b'/');
    let end = slashes.map(|(at, _)| at).nth(segments).unwrap_or(raw_path.len());
    let collection = raw_path.get(..end).unwrap_or_default();
    let mut link = String::with_capacity(base.len() + collection.len() + 1 + id.len());
    link.push_str(base);
    link.push_str(collection);
    link.push('/');
    if id.bytes().all(is_unreserved) {
        link.push_str(id);
        return link;
    }
    for byte in id.bytes() {
        if is_unreserved(byte) {
            link.push(char::from(byte));
        } else {
            let _ = write!(link, "%{byte:02X}");
        }
    }
    link
}

/// RFC 3986, section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// The next page: the same request with another cursor, which also takes the place of the offset of a page of these rows.
pub(crate) fn next(base: &str, raw_path: &str, query: Option<&str>, cursor: &str, rows: usize) -> String {
    let mut link = format!("{base}{raw_path}?cursor={cursor}");
    let mut by_offset = false;
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        match percent_decode(pair.split('=').next().unwrap_or_default(), true).as_deref() {
            Some("cursor") => {}
            Some("pageSize" | "pageOffset") => by_offset = true,
            _ => {
                link.push('&');
                link.push_str(pair);
            }
        }
    }
    if by_offset {
        let _ = write!(link, "&limit={rows}");
    }
    link
}

#[cfg(test)]
mod tests {
    use super::{location, next};

    #[test]
    fn a_location_is_the_collection_and_the_id() {
        for (base, path, segments, id, link) in [
            ("", "/baskets", 1, "b1", "/baskets/b1"),
            ("/pos", "/baskets", 1, "b1", "/pos/baskets/b1"),
            ("", "/baskets/manager/copy", 1, "b1", "/baskets/b1"),
            ("", "/baskets/b%31/items", 3, "7", "/baskets/b%31/items/7"),
            ("", "/a", 1, "\u{e4}/?", "/a/%C3%A4%2F%3F"),
        ] {
            assert_eq!(location(base, path, segments, id), link);
        }
    }

    #[test]
    fn the_next_page_keeps_every_other_parameter() {
        for (query, link) in [
            (None, "/b?cursor=N"),
            (Some("limit=2"), "/b?cursor=N&limit=2"),
            (Some("limit=2&cursor=M&x=%20"), "/b?cursor=N&limit=2&x=%20"),
            (Some("%63ursor=M"), "/b?cursor=N"),
            (
                Some("filter[a][in]=1,2&filter[a][in]=3&sort=-a"),
                "/b?cursor=N&filter[a][in]=1,2&filter[a][in]=3&sort=-a",
            ),
            (Some("pageOffset=20&x=1"), "/b?cursor=N&x=1&limit=9"),
            (Some("pageSize=9&pageOffset=20"), "/b?cursor=N&limit=9"),
        ] {
            assert_eq!(next("", "/b", query, "N", 9), link);
        }
    }
}
