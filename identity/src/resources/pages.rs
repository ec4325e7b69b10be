//! Whole collections of one company, page by page.

use enaction::{Entity, PageRequest, ReadContext, Result, Stored};

/// Everything of one kind that a company has. What comes together here is small: roles, sites, memberships.
pub(crate) async fn all_of<E: Entity>(cx: &ReadContext, company: &str) -> Result<Vec<Stored<E>>> {
    let (mut all, mut request) = (Vec::new(), PageRequest::default());
    loop {
        let page = cx.of_company(company).list::<E>(&request).await?;
        all.extend(page.items);
        match page.next {
            Some(next) => request.cursor = Some(next),
            None => return Ok(all),
        }
    }
}

/// Whether a company has one for which this holds.
pub(crate) async fn any<E: Entity>(cx: &ReadContext, company: &str, holds: impl Fn(&E) -> bool) -> Result<bool> {
    let mut request = PageRequest::default();
    loop {
        let page = cx.of_company(company).list::<E>(&request).await?;
        if page.items.iter().any(|one| holds(one)) {
            return Ok(true);
        }
        match page.next {
            Some(next) => request.cursor = Some(next),
            None => return Ok(false),
        }
    }
}
