//! A resource with members that not everyone may see: alone, nested, in the elements of lists, and a whole list of them.

use enaction::prelude::*;

/// What everyone calls a secret here.
pub(crate) const SECRET: u64 = 4_042_313_373;

/// Someone who buys.
#[entity("patrons", unique = "code", list(by = "birthplace", sort = "-rating"), list(by = "name"))]
#[validate(schema(function = "nobody_was_born"))]
pub struct Patron {
    pub id: Id<Patron>,
    #[validate(length(max = 12))]
    pub code: Option<String>,
    #[validate(length(max = 40))]
    pub name: String,
    #[entity(sensitive = "patrons.personal")]
    #[validate(length(max = 40))]
    pub birthplace: Option<String>,
    #[entity(sensitive = "patrons.personal")]
    pub passport: Passport,
    pub house: Home,
    pub office: Option<Home>,
    #[validate(nested, length(max = 9))]
    pub cards: Vec<Card>,
    #[entity(sensitive = "patrons.personal")]
    #[validate(nested, length(max = 9))]
    pub visits: Vec<Visit>,
    #[entity(read_only, sensitive = "patrons.personal", default = SECRET)]
    pub rating: u64,
}

/// A rule that tells of something sensitive.
fn nobody_was_born(patron: &Patron) -> Option<Violation> {
    let born = patron.name == "nobody" && patron.birthplace.is_some();
    born.then(|| Violation::new("/birthplace", "born", "expected nobody to be born somewhere"))
}

/// A passport.
#[value]
pub struct Passport {
    pub state: String,
    #[value(sensitive = "patrons.passports")]
    pub digits: String,
}

/// Where someone is.
#[value]
pub struct Home {
    #[validate(length(max = 30))]
    pub town: String,
    #[value(sensitive = "patrons.personal")]
    pub door: String,
}

/// A means of payment.
#[value]
pub struct Card {
    #[value(key)]
    pub number: u32,
    pub label: String,
    #[value(sensitive = "patrons.payment")]
    pub holder: String,
    pub bank: Bank,
}

/// Who keeps the money.
#[value]
pub struct Bank {
    pub title: String,
    #[value(sensitive = "patrons.payment")]
    pub iban: Option<String>,
}

/// A visit.
#[value]
pub struct Visit {
    #[value(key)]
    pub number: u32,
    pub purpose: String,
}

/// What a patron looks like from outside.
#[value]
pub struct Profile {
    pub name: String,
    pub house: Home,
    #[value(sensitive = "patrons.personal")]
    pub birthplace: Option<String>,
    pub cards: Vec<Card>,
}

/// How a courier is told.
#[flags]
pub struct Profiling {
    /// Without the name.
    pub bare: Option<bool>,
}

/// What someone is called.
#[value]
pub struct Called(#[validate(length(min = 1, max = 30))] pub String);

pub(super) fn patrons() -> Resource<Patron> {
    let cards = Members::new().create::<add_card>().whole_collection().view::<card_profile>("profile");
    let visits = Members::new().create::<visit>().whole_collection().view::<purpose>("purpose");
    Resource::stored()
        .modify::<amend>()
        .search()
        .whole_collection()
        .members("cards", cards)
        .members("visits", visits)
        .view::<profile>("profile")
        .view::<homes>("homes")
        .action::<greet>("greet")
        .action::<call_home>("callHome")
        .creating_action::<double>("double")
}

/// Who brings things.
#[entity("couriers")]
pub struct Courier {
    pub id: Id<Courier>,
    pub name: String,
    pub house: Home,
    #[entity(sensitive = "patrons.personal", default = "s3cr3t")]
    pub plate: String,
}

/// Couriers are told by a response object.
pub(super) fn couriers() -> Resource<Courier> {
    let stored = Resource::stored().without(enaction::table::Method::Put).without(enaction::table::Method::Patch);
    stored.respond(|courier: Courier, flags: Profiling| Brought {
        id: courier.id,
        name: if flags.bare == Some(true) { String::new() } else { courier.name },
        house: courier.house,
        plate: courier.plate,
    })
}

/// What is told of a courier.
#[value]
pub struct Brought {
    pub id: Id<Courier>,
    pub name: String,
    pub house: Home,
    #[value(sensitive = "patrons.personal")]
    pub plate: String,
}

fn shape(patron: Patron) -> Profile {
    let Patron { name, house, birthplace, cards, .. } = patron;
    Profile { name, house, birthplace, cards }
}

/// Changes a patron by a patch.
#[process]
pub async fn amend(cx: &mut WriteContext, id: Id<Patron>, patch: Patch<Patron>) -> Result<Stored<Patron>> {
    let patron = cx.read(&id).await?;
    cx.update(patch.apply(&patron)?).await
}

/// Counts patrons, and shows nothing of them.
#[process]
pub async fn tally(cx: &ReadContext, page: PageRequest) -> Result<u32> {
    let found: Page<Stored<Patron>> = cx.list(&page).await?;
    Ok(u32::try_from(found.items.len()).unwrap_or(u32::MAX))
}

/// Adds a card.
#[process]
pub async fn add_card(cx: &mut WriteContext, id: Id<Patron>, label: Option<Called>) -> Result<Card> {
    let mut patron = cx.read(&id).await?.into_inner();
    let number = patron.cards.iter().map(|card| card.number).max().unwrap_or(0) + 1;
    let label = label.map(|label| label.0).unwrap_or_default();
    let card = Card { number, label, holder: format!("s3cr3t {number}"), ..Card::default() };
    patron.cards.push(card.clone());
    cx.update(patron).await?;
    Ok(card)
}

/// Notes a visit.
#[process]
pub async fn visit(cx: &mut WriteContext, id: Id<Patron>, purpose: Option<Called>) -> Result<Visit> {
    let mut patron = cx.read(&id).await?.into_inner();
    let number = patron.visits.iter().map(|visit| visit.number).max().unwrap_or(0) + 1;
    let visit = Visit { number, purpose: purpose.map(|purpose| purpose.0).unwrap_or_default() };
    patron.visits.push(visit.clone());
    cx.update(patron).await?;
    Ok(visit)
}

/// Tells a patron by one of the cards.
#[process]
pub async fn card_profile(cx: &ReadContext, id: Id<Patron>, number: u32) -> Result<Profile> {
    let mut whole = shape(cx.read(&id).await?.into_inner());
    whole.cards.retain(|card| card.number == number);
    if whole.cards.is_empty() { Err(enaction::catalogue::NOT_FOUND.into()) } else { Ok(whole) }
}

/// Tells how long the purpose of a visit is.
#[process]
pub async fn purpose(cx: &ReadContext, id: Id<Patron>, number: u32) -> Result<u64> {
    let patron = cx.read(&id).await?;
    let visit = patron.visits.iter().find(|visit| visit.number == number);
    Ok(visit.ok_or(enaction::catalogue::NOT_FOUND)?.purpose.len() as u64)
}

/// Tells what a patron looks like.
#[process]
pub async fn profile(cx: &ReadContext, id: Id<Patron>) -> Result<Profile> {
    Ok(shape(cx.read(&id).await?.into_inner()))
}

/// Tells where the patrons of the first page live.
#[process]
pub async fn homes(cx: &ReadContext) -> Result<Vec<Home>> {
    let page = cx.list::<Patron>(&PageRequest::default()).await?;
    Ok(page.items.into_iter().map(|patron| patron.house.clone()).collect())
}

/// Greets a patron.
#[process]
pub async fn greet(cx: &mut WriteContext, id: Id<Patron>, called: Option<Called>) -> Result<Stored<Patron>> {
    let patron = cx.read(&id).await?.into_inner();
    let name = called.map_or_else(|| patron.name.clone(), |called| called.0);
    cx.update(Patron { name, ..patron }).await
}

/// Says a profile again.
#[process]
pub async fn call_home(cx: &mut WriteContext, id: Id<Patron>, profile: Profile) -> Result<Profile> {
    cx.read(&id).await?;
    Ok(profile)
}

/// Makes a patron like another.
#[process]
pub async fn double(cx: &mut WriteContext, id: Id<Patron>) -> Result<Stored<Patron>> {
    let patron = cx.read(&id).await?.into_inner();
    cx.create(Patron { id: Id::default(), code: None, ..patron }).await
}

/// Finds patrons by what they are called.
#[process]
pub async fn find(cx: &ReadContext, name: String) -> Result<Vec<Patron>> {
    let page = cx.list::<Patron>(&PageRequest::default()).await?;
    Ok(page.items.into_iter().map(Stored::into_inner).filter(|one| one.name == name).collect())
}

/// Tells who is cared for, if anyone is.
#[process]
pub async fn cared_for(cx: &ReadContext) -> Result<Care> {
    let found = cx.get(&care()).await?;
    Ok(found.map(Stored::into_inner).map_or_else(Care::default, |found| found.care))
}

/// Says who is cared for.
#[process]
pub async fn care_for(cx: &mut WriteContext, care_of: Care) -> Result<Care> {
    let whole = Caring { id: care(), care: care_of.clone(), ..Caring::default() };
    if cx.get(&care()).await?.is_some() {
        cx.update(whole).await?
    } else {
        cx.create(whole).await?
    };
    Ok(care_of)
}

/// Who is cared for.
#[value]
pub struct Care {
    pub since: String,
    pub house: Home,
}

/// Who is cared for, as it is stored.
#[entity("carings")]
pub struct Caring {
    pub id: Id<Caring>,
    pub care: Care,
}

fn care() -> Id<Caring> {
    "only".parse().expect("an id")
}
