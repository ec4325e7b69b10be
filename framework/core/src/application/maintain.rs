//! What is to be done from time to time, beside all requests.

use crate::{Application, Result};

impl Application {
    /// One round of what is due: indexes that came or went with their declaration. The server does it at its start and
    /// then every minute; an application without one calls it where that suits. Whatever it does it does in small units
    /// of work, so that nothing waits for it; when its future is dropped, the next round begins where it has to.
    ///
    /// # Errors
    /// When the store can not be reached or refuses; what could be done is done all the same.
    pub async fn maintain(&self) -> Result<()> {
        self.maintain_indexes().await
    }
}
