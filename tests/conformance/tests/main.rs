//! Conformance: what every operation of a server answers, held against the conventions, for services under test and for
//! the server `enaction`.

mod aliases;
mod baskets_http;
mod batches;
mod clock_jumps;
mod conditional;
mod faults_under_way;
mod maintenance;
mod patch_model;
mod patches;
mod plans;
mod program;
mod queries;
mod queries_model;
mod repeats;
mod repeats_at_once;
mod replicas;
mod schemas;
mod searches;
mod sensitive;
mod services;
mod shop;
mod silent;
mod sub_collections;
mod the_table;
mod two_versions;
mod unknown;
mod whole_collections;
mod whole_collections_model;
