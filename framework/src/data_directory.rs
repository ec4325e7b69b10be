//! The data directory: one server at a time, readable by nobody else.

use std::{
    fmt,
    fs::{DirBuilder, File, Metadata, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// The data directory of a server: 0700, its files 0600, locked while it is held.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    /// The lock goes with the file.
    _lock: File,
}

/// Why a data directory can not be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum DataDirectoryError {
    /// Others may read it: the path and its mode.
    Permissions(PathBuf, u32),
    /// Another process holds it.
    Locked(PathBuf),
    /// The operating system refused.
    Io(PathBuf, io::Error),
}

impl fmt::Display for DataDirectoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permissions(path, mode) => write!(
                f,
                "use {}: its mode is {mode:03o}, and others may read it; expected {} (chmod {} it)",
                path.display(),
                if path.is_dir() { "0700" } else { "0600" },
                if path.is_dir() { "700" } else { "600" },
            ),
            Self::Locked(path) => write!(f, "use {}: another server holds it", path.display()),
            Self::Io(path, error) => write!(f, "use {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for DataDirectoryError {}

impl DataDirectory {
    /// Opens a data directory, or makes it, and locks it.
    ///
    /// # Errors
    /// When others may read it or one of its files; when another process holds it; when the system refuses.
    pub fn open(path: &Path) -> Result<Self, DataDirectoryError> {
        let io = |error| DataDirectoryError::Io(path.to_owned(), error);
        match DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => sync_name(path).map_err(io)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io(error)),
        }
        private(path, 0o700)?;
        for entry in path.read_dir().map_err(io)? {
            let file = entry.map_err(io)?.path();
            match file.metadata() {
                Ok(found) if found.is_file() => check_mode(&file, &found, 0o600)?,
                Ok(_) => {}
                // Another process has just removed it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(DataDirectoryError::Io(file, error)),
            }
        }
        let lock = path.join("lock");
        let file = open_private(&lock).map_err(|error| DataDirectoryError::Io(lock.clone(), error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: file }),
            Err(TryLockError::WouldBlock) => Err(DataDirectoryError::Locked(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(DataDirectoryError::Io(lock, error)),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file that nobody else may read: whole or not at all.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), DataDirectoryError> {
        let (draft, path) = (self.file(&format!("{name}.new")), self.file(name));
        let written = open_private(&draft).and_then(|mut file| {
            file.set_len(0)?;
            file.write_all(content)?;
            file.sync_all()?;
            std::fs::rename(&draft, &path)?;
            File::open(&self.path)?.sync_all()
        });
        written.map_err(|error| DataDirectoryError::Io(path, error))
    }

    /// Removes a file, so that it does not come back after a power cut.
    ///
    /// # Errors
    /// When the system refuses, or there is none of this name.
    pub fn remove(&self, name: &str) -> Result<(), DataDirectoryError> {
        let path = self.file(name);
        let removed = std::fs::remove_file(&path).and_then(|()| File::open(&self.path)?.sync_all());
        removed.map_err(|error| DataDirectoryError::Io(path, error))
    }
}

/// Reads a file of a data directory that another process may hold.
///
/// # Errors
/// When others may read it, or the system refuses.
pub fn read_private(path: &Path) -> Result<Vec<u8>, DataDirectoryError> {
    private(path, 0o600)?;
    let mut content = Vec::new();
    let read = File::open(path).and_then(|mut file| file.read_to_end(&mut content));
    read.map_err(|error| DataDirectoryError::Io(path.to_owned(), error))?;
    Ok(content)
}

/// The name of a new directory is on the disk when the directory around it is.
fn sync_name(path: &Path) -> io::Result<()> {
    let around = path.parent().filter(|around| !around.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(around)?.sync_all()
}

fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Refuses what group or others may touch.
fn private(path: &Path, most: u32) -> Result<(), DataDirectoryError> {
    let metadata = path.metadata().map_err(|error| DataDirectoryError::Io(path.to_owned(), error))?;
    check_mode(path, &metadata, most)
}

fn check_mode(path: &Path, metadata: &Metadata, most: u32) -> Result<(), DataDirectoryError> {
    let mode = metadata.mode() & 0o777;
    if mode & !most == 0 { Ok(()) } else { Err(DataDirectoryError::Permissions(path.to_owned(), mode)) }
}
