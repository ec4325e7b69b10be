//! Shape: the schema is the rule.
