//! The identity service of Enaction: issues id_token and site_token
