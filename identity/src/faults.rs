//! The faults that identity gives beside those of the framework. Those of the token endpoint have the names of OAuth 2
//! (RFC 6749 section 5.2, RFC 8693 section 2.2.2).

enaction::faults! {
    /// The client is unknown, its secret is wrong, or it is disabled: one answer for all.
    INVALID_CLIENT: Unauthenticated = "invalid_client", "The client could not be authenticated";
    /// The request lacks something, or says something that is not known.
    INVALID_REQUEST: Malformed = "invalid_request", "The token request is not valid";
    /// The subject token does not hold, or its subject is disabled.
    INVALID_GRANT: Malformed = "invalid_grant", "The grant is not valid";
    /// The client may not use the grant.
    UNAUTHORIZED_CLIENT: Malformed = "unauthorized_client", "The client may not use this grant";
    /// There is no such grant.
    UNSUPPORTED_GRANT_TYPE: Malformed = "unsupported_grant_type", "There is no such grant";
    /// The scope is not made of permission names.
    INVALID_SCOPE: Malformed = "invalid_scope", "The scope can not be granted";
    /// The company or site is unknown, or the subject is not a member: one answer for all.
    INVALID_TARGET: Malformed = "invalid_target", "The subject has no membership there";

    /// The company `system` stays as it is.
    COMPANY_RESERVED: Conflict = "company_reserved", "The company system can not be changed like this";
    /// The company still has something.
    COMPANY_IN_USE: Conflict = "company_in_use", "The company still has sites, people, devices, clients or roles";
    /// Devices or memberships are at the site.
    SITE_IN_USE: Conflict = "site_in_use", "Devices or memberships are at the site";
    /// Memberships name the role.
    ROLE_IN_USE: Conflict = "role_in_use", "Memberships name the role";
    /// The installation was begun already.
    BOOTSTRAP_CLOSED: Conflict = "bootstrap_closed", "The installation has a company already";
}
