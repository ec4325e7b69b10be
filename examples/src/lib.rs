//! Small programs, one topic each
