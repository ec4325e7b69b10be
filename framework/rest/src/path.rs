//! The path of a request: split at `/`, each segment decoded once.

use std::borrow::Cow;

use enaction_core::{Fault, catalogue, process::percent_decode};

/// Reads a raw path. No segment of what it gives holds a `/`, so that it can be split again.
///
/// # Errors
/// `path_malformed` for an empty segment, `.`, `..`, a segment that holds `/` or NUL when decoded, and for what is not
/// percent-encoded UTF-8.
pub(crate) fn read(raw: &str) -> Result<Cow<'_, str>, Fault> {
    if raw == "/" {
        return Ok(raw.into());
    }
    let segments = || raw.strip_prefix('/').into_iter().flat_map(|below| below.split('/'));
    if !raw.contains('%') {
        let good = raw.starts_with('/') && segments().all(is_segment);
        return if good { Ok(raw.into()) } else { Err(malformed()) };
    }
    let mut path = String::with_capacity(raw.len());
    for segment in segments() {
        let segment = percent_decode(segment, false).filter(|segment| is_segment(segment)).ok_or_else(malformed)?;
        path.push('/');
        path.push_str(&segment);
    }
    if path.is_empty() { Err(malformed()) } else { Ok(path.into()) }
}

fn is_segment(segment: &str) -> bool {
    !matches!(segment, "" | "." | "..") && !segment.bytes().any(|byte| matches!(byte, b'/' | 0))
}

fn malformed() -> Fault {
    catalogue::PATH_MALFORMED.because("expected segments of percent-encoded UTF-8, none of them empty, \".\" or \"..\"")
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn every_segment_is_decoded_once() {
        for (raw, path) in [
            ("/", Some("/")),
            ("/a/b", Some("/a/b")),
            ("/%61/b", Some("/a/b")),
            ("/a/%C3%A4", Some("/a/\u{e4}")),
            ("/a/%252F", Some("/a/%2F")),
            ("/a+b", Some("/a+b")),
            ("/...", Some("/...")),
            ("", None),
            ("a", None),
            ("//", None),
            ("/a/", None),
            ("/a//b", None),
            ("/./a", None),
            ("/a/..", None),
            ("/a/%2e%2E", None),
            ("/a/%2E", None),
            ("/a%2Fb", None),
            ("/a%00", None),
            ("/a%FF", None),
            ("/a%C3", None),
            ("/a%4", None),
            ("/a%zz", None),
            ("%61", None),
        ] {
            assert_eq!(read(raw).ok().as_deref(), path, "{raw}");
        }
    }
}
