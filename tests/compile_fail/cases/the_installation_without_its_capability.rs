use enaction::{InstallationCapability, prelude::*};

fn main() {
    let _ = Module::new("/all").of_installation();
    let _ = Module::new("/all").of_installation(&InstallationCapability(()));
}
