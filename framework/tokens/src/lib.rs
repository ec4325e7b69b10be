//! Part of Enaction.
