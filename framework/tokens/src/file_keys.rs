//! A key set that is kept in a file.

use std::{fs::File, io::Read, path::PathBuf};

use async_trait::async_trait;
use enaction_core::{Fault, KeySetDocument, KeySource, catalogue};

/// The longest key set document that is read: 64 keys with their certificates fit.
pub(crate) const DOCUMENT_BYTES_MAX: u64 = 256 * 1024;

/// Reads the key set from a file each time that it is fetched, so that a new file is seen with the next refresh.
/// Replace the file by renaming a new one over it. At most 256 KiB.
#[derive(Clone, Debug)]
pub struct FileKeys {
    path: PathBuf,
}

impl FileKeys {
    /// The keys of this file; it is not opened yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    fn read(&self) -> std::io::Result<Vec<u8>> {
        let mut document = Vec::new();
        File::open(&self.path)?.take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut document)?;
        Ok(document)
    }
}

#[async_trait]
impl KeySource for FileKeys {
    async fn fetch(&self) -> Result<KeySetDocument, Fault> {
        match self.read() {
            Ok(document) if document.len() as u64 <= DOCUMENT_BYTES_MAX => Ok(KeySetDocument { json: document.into() }),
            Ok(_) => Err(catalogue::KEYS_UNAVAILABLE.because("the key set file is longer than 256 KiB")),
            Err(error) => {
                Err(catalogue::KEYS_UNAVAILABLE.because(format!("the key set file can not be read: {error}")))
            }
        }
    }
}
