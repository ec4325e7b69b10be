//! The smallest text that a pattern of a schema takes.

use regex_syntax::hir::{Class, Hir, HirKind};

/// A text that matches a pattern: each repetition as often as it must be, each choice the first, each class its most
/// readable character.
pub(crate) fn matching(pattern: &str) -> Option<String> {
    let mut text = String::new();
    write(&regex_syntax::parse(pattern).ok()?, &mut text)?;
    Some(text)
}

fn write(hir: &Hir, text: &mut String) -> Option<()> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(readable(class)?),
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min {
                write(&repetition.sub, text)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, text))?,
        HirKind::Alternation(choices) => write(choices.first()?, text)?,
    }
    Some(())
}

fn readable(class: &Class) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect(),
    };
    let has = |c: char| ranges.iter().any(|(start, end)| (*start..=*end).contains(&c));
    let letters = "aA1".chars().find(|c| has(*c)).or_else(|| ('!'..='~').find(|c| has(*c)));
    letters.or_else(|| ranges.first().map(|(start, _)| *start))
}

#[cfg(test)]
mod tests {
    use super::matching;

    #[test]
    fn a_text_is_found_for_the_patterns_of_schemas() {
        for (pattern, text) in [
            ("^[A-Z]{3}$", "AAA"),
            ("^[0-9]{8,14}$", "11111111"),
            ("^[a-z][a-z0-9-]{0,31}$", "a"),
            ("^(\\*|[a-z]+(\\.[A-Za-z0-9-]+)*(\\.\\*)?)$", "*"),
            ("^[A-Za-z0-9_~-][A-Za-z0-9_~.-]{0,63}$", "a"),
            ("^\\d+:\\w$", "1:a"),
        ] {
            assert_eq!(matching(pattern).as_deref(), Some(text), "{pattern}");
        }
        assert_eq!(matching("("), None);
    }
}
