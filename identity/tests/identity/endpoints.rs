//! Metadata and the key set, and that everything is listed.

use enaction::tokens::KeySet;
use serde_json::{Value, json};

use crate::world::{ISSUER, World};

#[actix_rt::test]
async fn metadata_name_what_exists() {
    let world = World::bare().await;
    for name in ["identity.openidConfiguration", "identity.authorizationServer"] {
        let metadata = world.public(name, json!({})).await.unwrap();
        assert_eq!(
            metadata,
            json!({
                "issuer": ISSUER,
                "token_endpoint": format!("{ISSUER}/token"),
                "jwks_uri": format!("{ISSUER}/jwks.json"),
                "grant_types_supported":
                    ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"],
                "response_types_supported": [],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "subject_types_supported": ["public"],
                "scopes_supported": ["openid"],
                "claims_supported":
                    ["iss", "sub", "aud", "azp", "exp", "iat", "jti", "sid", "token_use", "sub_type", "dev"],
            })
        );
    }
}

#[actix_rt::test]
async fn the_key_set_has_a_public_key_for_each_kind_of_token() {
    let world = World::bare().await;
    let set = world.public("identity.jwks", json!({})).await.unwrap();
    let keys = set["keys"].as_array().unwrap();
    let mut kinds: Vec<&Value> = keys.iter().map(|key| &key["kind"]).collect();
    kinds.sort_by_key(|kind| kind.to_string());
    assert_eq!(kinds, [&json!("id"), &json!("site")]);
    for key in keys {
        let mut names: Vec<&String> = key.as_object().unwrap().keys().collect();
        names.sort_unstable();
        assert_eq!(names, ["alg", "crv", "kid", "kind", "kty", "use", "x", "y"]);
    }
    assert_eq!(KeySet::parse(set.to_string().as_bytes()).unwrap().len(), 2);
}

#[actix_rt::test]
async fn endpoints_can_be_kept_for_as_long_as_they_say() {
    let world = World::bare().await;
    let mut found: Vec<String> = world
        .application
        .operations()
        .iter()
        .filter_map(|one| {
            let form = one.endpoint?;
            Some(format!("{} {} {} {:?}", one.method.as_str(), one.path, form.max_age_s, form.errors))
        })
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "GET /identity/.well-known/oauth-authorization-server 300 Problem",
            "GET /identity/.well-known/openid-configuration 300 Problem",
            "GET /identity/jwks.json 300 Problem",
            "GET /identity/policy/{company} 5 Problem",
            "POST /identity/bootstrap 0 Problem",
            "POST /identity/token 0 OAuth",
        ]
    );
}
