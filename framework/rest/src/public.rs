//! Where the world finds the service: what links and problem types begin with.

/// The public base: `https://api.example/pos`, `/pos`, or empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct PublicBase {
    url: String,
    /// Where the path of `url` begins in it.
    path_at: usize,
}

impl PublicBase {
    pub(crate) fn new(url: &str) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        let authority = url.find("://").map_or(0, |scheme| scheme + 3);
        let rest = url.get(authority..).unwrap_or_default();
        let path_at = rest.find('/').map_or(url.len(), |slash| authority + slash);
        Self { url, path_at }
    }

    /// Its path without a slash at the end; empty at the root. The proxy in front takes it away from what it forwards.
    pub(crate) fn path(&self) -> &str {
        self.url.get(self.path_at..).unwrap_or_default()
    }

    /// The type of a problem.
    pub(crate) fn problem(&self, code: &str) -> String {
        format!("{}/problems/{code}", self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::PublicBase;

    #[test]
    fn the_path_of_the_public_base_stands_before_every_link() {
        for (url, path) in [
            ("", ""),
            ("/", ""),
            ("/pos/", "/pos"),
            ("https://api.example", ""),
            ("https://api.example/", ""),
            ("https://api.example:8443/a/b/", "/a/b"),
        ] {
            assert_eq!(PublicBase::new(url).path(), path, "{url}");
        }
        assert_eq!(PublicBase::new("https://api.example/a/").problem("x"), "https://api.example/a/problems/x");
    }
}
