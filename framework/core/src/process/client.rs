//! What a client authenticated itself with, as a parameter of the process behind an endpoint.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Secret;

/// What a client sent to authenticate itself at an endpoint (RFC 6749, section 2.3). Whether it holds is for the process
/// to say: this is what was sent, nothing more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(extend("x-client-authentication" = true))]
pub struct ClientAuthentication {
    /// The id that the client gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The secret that it gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Secret>,
    /// `basic`, `post`, or `none` when there was no secret.
    pub method: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{process::ParameterKind, schema::Schematic};

    #[test]
    fn a_parameter_of_this_type_is_known_by_its_schema_and_never_shows_the_secret() {
        assert_eq!(ParameterKind::of(&ClientAuthentication::schema()), ParameterKind::ClientAuthentication);
        let sent: ClientAuthentication =
            serde_json::from_str(r#"{"clientId":"pos","clientSecret":"hidden","method":"basic"}"#).unwrap();
        assert_eq!(sent.client_secret.as_ref().map(Secret::reveal), Some("hidden"));
        assert!(!format!("{sent:?}").contains("hidden"));
    }
}
