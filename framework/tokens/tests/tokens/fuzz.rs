//! Bytes that nobody meant.

use std::sync::LazyLock;

use enaction_tokens::{KeySet, Pair, carriers};
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::world::{World, at};

struct Fixture {
    runtime: Runtime,
    world: World,
    id: Vec<u8>,
    site: Vec<u8>,
}

impl Fixture {
    fn verifies(&self, id: &[u8], site: &[u8]) -> bool {
        self.runtime.block_on(self.world.verifier.verify(&Pair::new(id, site), at(0))).is_ok()
    }
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::new());
    let drafts = world.drafts();
    let (id, site) = (drafts.id.token(), drafts.site.token());
    let fixture = Fixture { runtime, world, id, site };
    assert!(fixture.verifies(&fixture.id, &fixture.site), "the pair is good, and now remembered");
    fixture
});

#[test]
fn no_token_verifies_with_any_one_bit_flipped() {
    let fixture = &*FIXTURE;
    for bit in [0x01, 0x02, 0x20, 0x80] {
        for place in 0..fixture.id.len() {
            let mut id = fixture.id.clone();
            id[place] ^= bit;
            assert!(!fixture.verifies(&id, &fixture.site), "bit {bit} of byte {place} of id_token");
        }
        for place in 0..fixture.site.len() {
            let mut site = fixture.site.clone();
            site[place] ^= bit;
            assert!(!fixture.verifies(&fixture.id, &site), "bit {bit} of byte {place} of site_token");
        }
    }
}

proptest! {
    #[test]
    fn a_token_with_another_byte_never_verifies(in_id: bool, place: prop::sample::Index, byte: u8) {
        let fixture = &*FIXTURE;
        let (mut id, mut site) = (fixture.id.clone(), fixture.site.clone());
        let token = if in_id { &mut id } else { &mut site };
        let place = place.index(token.len());
        prop_assume!(token[place] != byte);
        token[place] = byte;
        prop_assert!(!fixture.verifies(&id, &site));
    }

    #[test]
    fn a_token_with_a_byte_more_or_less_never_verifies(in_id: bool, place: prop::sample::Index, byte: Option<u8>) {
        let fixture = &*FIXTURE;
        let (mut id, mut site) = (fixture.id.clone(), fixture.site.clone());
        let token = if in_id { &mut id } else { &mut site };
        let place = place.index(token.len());
        match byte {
            Some(byte) => token.insert(place, byte),
            None => drop(token.remove(place)),
        }
        prop_assert!(!fixture.verifies(&id, &site));
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        id in prop::collection::vec(any::<u8>(), 0..200),
        site in "[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,90}",
        name in "(id_token|site-token|authorization|x)",
    ) {
        let fixture = &*FIXTURE;
        prop_assert!(!fixture.verifies(&id, site.as_bytes()));
        prop_assert!(!fixture.verifies(site.as_bytes(), &id));
        let _ = carriers([(name.as_str(), id.as_slice()), ("site_token", site.as_bytes())], 4096);
        let _ = KeySet::parse(&id);
    }

    #[test]
    fn arbitrary_headers_and_payloads_that_are_signed_never_panic(header: Option<String>, payload in ".*") {
        let fixture = &*FIXTURE;
        let mut drafts = fixture.world.drafts();
        drafts.id.raw_header = header.map(String::into_bytes);
        drafts.id.raw_payload = Some(payload.into_bytes());
        prop_assert!(!fixture.verifies(&drafts.id.token(), &fixture.site));
    }
}
