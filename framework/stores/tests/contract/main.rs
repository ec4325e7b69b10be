//! What the port promises, held against every store. Each case is a sentence; each store is a row of `harness::stores`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a case that can not go on fails")]

mod claims;
mod concurrency;
mod gets;
mod harness;
mod model;
#[cfg(feature = "postgres")]
mod postgres;
mod refusals;
mod reindexing;
mod scans;
mod scopes;
mod versions;

/// Every case for every store. A case that is not listed is dead code, which the lints refuse.
macro_rules! contract {
    ($($about:ident: $($case:ident)*;)*) => {
        contract!(@store memory, { $($about: $($case)*;)* });
        #[cfg(feature = "sqlite")]
        contract!(@store sqlite, { $($about: $($case)*;)* });
        #[cfg(feature = "sqlite")]
        contract!(@store sqlite_with_a_cache_that_holds_little, { $($about: $($case)*;)* });
        #[cfg(feature = "sqlite")]
        contract!(@store sqlite_without_cache, { $($about: $($case)*;)* });
        #[cfg(feature = "postgres")]
        const CASES: &[postgres::Case] = &[$($((
            concat!(stringify!($about), "::", stringify!($case)),
            |store| Box::pin($about::$case(store)),
        )),*),*];
    };
    (@store $store:ident, { $($about:ident: $($case:ident)*;)* }) => {
        mod $store {
            $(mod $about {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                    async fn $case() {
                        let subject = crate::harness::$store();
                        crate::$about::$case(subject.store.clone()).await;
                    }
                )*
            })*
        }
    };
}

contract! {
    gets:
        records_come_in_the_order_of_the_keys
        a_key_asked_twice_is_answered_twice
        no_keys_get_no_records
        a_record_reads_back_as_it_was_written_with_the_version_of_its_commit
        a_large_record_reads_back
        the_same_id_in_another_collection_is_another_record
        ids_are_compared_byte_by_byte
        a_removed_record_is_absent
        ids_hold_what_other_languages_take_for_theirs
        records_of_several_collections_are_read_together
        a_record_of_nothing_reads_back;
    scopes:
        a_scope_does_not_see_the_records_of_another
        a_scope_does_not_scan_the_records_of_another
        a_scope_does_not_scan_the_entries_of_another
        a_write_in_one_scope_does_not_touch_another
        a_unique_claim_is_free_in_another_scope
        a_company_that_is_named_like_the_installation_is_not_the_installation
        the_scopes_that_hold_a_record_come_in_the_order_of_their_texts
        scopes_behind_each_other_give_every_scope_once
        a_scope_that_holds_nothing_is_none
        a_company_of_any_name_has_what_is_its_own;
    scans:
        ids_come_in_the_order_of_their_bytes
        ids_with_a_prefix
        ids_behind_another
        entries_come_by_key_and_then_by_id
        entries_from_a_key_to_another
        entries_behind_another
        entries_of_another_index_or_collection_are_left_out
        a_limit_cuts_and_says_whether_there_is_more
        pages_behind_each_other_give_everything_once
        index_keys_of_values_scan_in_the_order_of_the_values
        entries_follow_the_record_when_it_changes
        a_unique_claim_is_found_by_a_scan_of_its_key
        a_scan_gives_the_records_as_they_are_now
        a_count_is_the_number_of_what_a_scan_finds_up_to_its_limit
        a_scan_of_nothing_finds_nothing_and_no_more;
    refusals:
        a_read_that_holds_is_committed
        a_unit_to_validate_is_checked_and_writes_nothing
        a_read_that_changed_is_stale
        a_read_that_was_removed_is_stale
        a_read_of_an_absent_key_that_came_is_stale
        an_expected_version_that_changed_is_stale
        an_expected_version_of_what_is_absent_is_stale
        every_stale_key_is_named_once
        a_key_to_create_that_exists_is_refused_as_existing
        a_key_to_create_that_the_unit_read_as_absent_is_stale
        stale_comes_before_existing
        existing_comes_before_taken
        a_record_that_came_into_a_scanned_range_is_a_phantom
        a_record_that_left_a_scanned_range_is_a_phantom
        a_record_that_changed_in_a_scanned_range_is_a_phantom
        an_entry_that_came_into_a_scanned_range_is_a_phantom
        a_record_beyond_the_limit_changes_whether_there_is_more
        what_lies_outside_a_scanned_range_does_not_matter
        a_refused_unit_leaves_nothing
        a_unit_of_reads_alone_is_validated
        an_empty_unit_gives_the_latest_number
        a_removal_of_what_is_absent_is_committed
        a_unit_that_writes_a_key_twice_is_refused
        a_removal_of_what_changed_is_stale
        a_scan_that_found_nothing_holds_until_something_comes;
    claims:
        a_unique_claim_has_one_holder
        a_unique_claim_is_free_when_its_holder_is_removed
        a_unique_claim_is_free_when_its_holder_moves_on
        a_holder_keeps_its_claim_through_an_update
        two_records_of_one_unit_can_not_hold_one_claim
        records_of_one_unit_can_swap_their_claims
        a_claim_is_handed_over_within_one_unit
        the_same_key_of_another_index_is_free
        the_same_key_of_another_collection_is_free
        a_claim_that_is_not_unique_has_many_holders
        a_claim_made_twice_counts_once
        a_claim_is_of_any_bytes;
    reindexing:
        entries_are_set_anew_and_the_record_stays_as_it_is
        a_record_that_was_written_or_removed_since_is_passed_over
        what_is_reindexed_beside_others_moves_alone
        a_unique_claim_that_another_holds_is_refused
        a_unique_claim_moves_within_one_unit
        a_refused_unit_reindexes_nothing
        a_unit_to_validate_reindexes_nothing
        only_what_writes_or_tells_has_a_number
        a_scan_sees_what_was_reindexed_since_and_a_read_does_not
        a_record_is_changed_once_in_a_unit
        entries_made_anew_are_taken_away_with_their_record
        a_record_is_rewritten_under_the_version_that_it_has
        a_rewrite_of_what_was_written_or_removed_since_is_passed_over
        a_refused_unit_rewrites_nothing
        what_was_read_before_a_rewrite_still_holds;
    versions:
        each_commit_has_a_greater_number
        all_writes_of_a_unit_have_its_number
        a_version_never_returns_after_removal_and_creation
        an_update_is_only_done_to_the_version_that_it_expects
        a_unit_that_only_tells_has_a_number_of_its_own;
    concurrency:
        units_handed_over_together_see_each_other
        writers_of_one_record_lose_nothing
        one_of_many_creators_wins
        one_of_many_claimants_wins
        two_units_that_each_read_the_other_as_absent_do_not_both_commit
        two_units_that_each_scanned_before_the_other_do_not_both_commit
        a_get_of_many_keys_sees_one_state
        a_scan_sees_one_state
        a_reader_never_sees_less_than_was_acknowledged
        a_reader_never_goes_back_from_one_record_to_the_next
        a_commit_that_nobody_waits_for_is_whole_or_absent;
    model:
        random_units_do_what_the_model_does
        random_units_handed_over_together_do_what_the_model_does;
}
