//! Where everything is: the module with its resources and the endpoints whose form a standard fixes.

mod metadata;

use enaction::{Endpoint, InstallationCapability, Module};

use crate::{
    bootstrap,
    credential::Credential,
    development,
    keys::{self, StoredKey},
    policy::read_policy,
    resources::{clients, companies, devices, me, memberships, people, roles, sites},
    setting::Setting,
    token,
};

/// How long a key set may be kept, in seconds.
const KEYS_MAX_AGE_S: u32 = 300;
/// How long metadata may be kept, in seconds.
const METADATA_MAX_AGE_S: u32 = 300;
/// How long a policy may be kept, in seconds: what is taken from a role is gone within this.
const POLICY_MAX_AGE_S: u32 = 5;

/// The module. Its processes touch the data of the installation.
pub(crate) fn module(capability: &InstallationCapability) -> Module {
    let metadata = |path, name| Endpoint::get::<metadata::read_metadata>(path, name).max_age_s(METADATA_MAX_AGE_S);
    Module::new("/identity")
        .of_installation(capability)
        .resource(companies())
        .resource(sites())
        .resource(people())
        .resource(devices())
        .resource(clients())
        .resource(roles())
        .resource(memberships())
        .singleton(me())
        .keeps::<StoredKey>()
        .keeps::<Credential>()
        .keeps::<Setting>()
        .endpoint(metadata("/.well-known/openid-configuration", "identity.openidConfiguration"))
        .endpoint(metadata("/.well-known/oauth-authorization-server", "identity.authorizationServer"))
        .endpoint(Endpoint::get::<keys::read_jwks>("/jwks.json", "identity.jwks").max_age_s(KEYS_MAX_AGE_S))
        .endpoint(Endpoint::get::<read_policy>("/policy/{company}", "identity.policy").max_age_s(POLICY_MAX_AGE_S))
        .endpoint(Endpoint::form::<token::issue_token>("/token", "identity.token").oauth_errors())
        .endpoint(Endpoint::post::<bootstrap::found>("/bootstrap", "identity.bootstrap"))
        .process::<keys::begin>("identity.begin")
        .process::<keys::load>("identity.load")
        .process::<keys::rotate>("identity.rotate")
        .process::<bootstrap::open_bootstrap>("identity.openBootstrap")
        .process::<development::make>("identity.development")
        .process::<development::draw_secret>("identity.developmentSecret")
}
