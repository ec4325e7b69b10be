//! The claims of one record in one canonical form: two records hold the same claims when their bytes are equal.

use enaction_core::store::Claim;

/// Claims in order, each once. Each is: length of the index name (2 bytes), the name, whether unique (1), length of the
/// key (4), the key. No claims are no bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims(Vec<u8>);

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeldClaim<'a> {
    pub(crate) index: &'a str,
    pub(crate) key: &'a [u8],
    pub(crate) unique: bool,
}

impl Claims {
    /// The canonical form. A claim made twice counts once, as unique when one of the two is.
    pub(crate) fn of(claims: &[Claim]) -> Self {
        // Most records have one, or none: these are in order as they are.
        if let [] | [_] = claims {
            return Self::in_order(claims.iter());
        }
        let mut sorted: Vec<&Claim> = claims.iter().collect();
        sorted.sort_by_key(|claim| (claim.index, claim.key.as_slice(), !claim.unique));
        sorted.dedup_by_key(|claim| (claim.index, claim.key.as_slice()));
        Self::in_order(sorted.into_iter())
    }

    fn in_order<'a>(claims: impl Iterator<Item = &'a Claim> + Clone) -> Self {
        const WIDTHS: usize = 2 + 1 + 4;
        let bytes = claims.clone().map(|claim| WIDTHS + claim.index.len() + claim.key.len()).sum();
        let mut bytes = Vec::with_capacity(bytes);
        for claim in claims {
            write_part::<2>(&mut bytes, claim.index.as_bytes());
            bytes.push(u8::from(claim.unique));
            write_part::<4>(&mut bytes, &claim.key);
        }
        Self(bytes)
    }

    /// What [`as_bytes`](Self::as_bytes) gave; `None` when it is something else.
    #[cfg(feature = "sqlite")]
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            (_, rest) = read_claim(rest)?;
        }
        Some(Self(bytes))
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = HeldClaim<'_>> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let (claim, behind) = read_claim(rest)?;
            rest = behind;
            Some(claim)
        })
    }

    /// Whether this holds the claim as its only holder.
    pub(crate) fn hold_alone(&self, index: &str, key: &[u8]) -> bool {
        self.iter().any(|held| held.unique && held.index == index && held.key == key)
    }

    /// The claims that this holds and `others` does not, whether unique or not.
    #[cfg(feature = "sqlite")]
    pub(crate) fn without<'a>(&'a self, others: &'a Self) -> impl Iterator<Item = HeldClaim<'a>> {
        self.iter().filter(|held| !others.iter().any(|other| other.index == held.index && other.key == held.key))
    }
}

fn write_part<const WIDTH: usize>(bytes: &mut Vec<u8>, part: &[u8]) {
    let len = part.len().to_be_bytes();
    bytes.extend_from_slice(len.last_chunk::<WIDTH>().map_or(&[], |width| width.as_slice()));
    bytes.extend_from_slice(part);
}

fn read_claim(bytes: &[u8]) -> Option<(HeldClaim<'_>, &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    let (index, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    let (unique, rest) = rest.split_first()?;
    let (len, rest) = rest.split_first_chunk()?;
    let (key, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)?;
    Some((HeldClaim { index: std::str::from_utf8(index).ok()?, key, unique: *unique != 0 }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(index: &'static str, key: &[u8], unique: bool) -> Claim {
        Claim { index, key: key.to_vec(), unique }
    }

    #[test]
    fn claims_are_equal_whatever_their_order_and_number() {
        let once = [claim("a", b"1", true), claim("a", b"", false), claim("b", b"\0\xff", false)];
        let twice = [claim("b", b"\0\xff", false), claim("a", b"1", false), once[0].clone(), once[1].clone()];
        assert_eq!(Claims::of(&once), Claims::of(&twice));
        assert!(Claims::of(&twice).hold_alone("a", b"1") && !Claims::of(&twice).hold_alone("a", b""));
        assert_eq!(Claims::of(&[]), Claims::default());
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn claims_read_back_as_they_were_written_and_cut_ones_are_refused() {
        let claims = Claims::of(&[claim("a", b"1", true), claim("basket.code", &[7; 300], false)]);
        assert_eq!(Claims::from_bytes(claims.as_bytes().to_vec()), Some(claims.clone()));
        assert_eq!(claims.iter().count(), 2);
        let bytes = claims.as_bytes();
        assert_eq!(Claims::from_bytes(bytes[..bytes.len() - 1].to_vec()), None);
    }
}
