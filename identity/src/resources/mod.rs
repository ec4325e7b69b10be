//! What identity keeps, one resource a file: the entity, the rules that hold on every way to change it, the declaration.

mod clients;
mod companies;
mod devices;
mod me;
mod memberships;
mod pages;
mod people;
mod roles;
mod sites;
mod status;

pub(crate) use clients::clients;
pub use clients::{Client, ClientKind, ClientSecret};
pub(crate) use companies::companies;
pub use companies::{Company, SYSTEM};
pub use devices::Device;
pub(crate) use devices::devices;
pub(crate) use me::me;
pub use me::{Me, MeCompany, MeSite};
pub use memberships::{Member, Membership};
pub(crate) use memberships::{holder, memberships};
pub(crate) use pages::{all_of, any};
pub use people::Person;
pub(crate) use people::people;
pub use roles::{Permission, Role, RoleName};
pub(crate) use roles::{is_installation, is_permission, roles};
pub use sites::Site;
pub(crate) use sites::sites;
pub use status::AccountStatus;
