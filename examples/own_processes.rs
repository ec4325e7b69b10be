//! Own processes: one calls another, and each names the faults that are its own.

use enaction::{prelude::*, testkit::TestService};

faults! {
    /// The account has not enough money.
    OVERDRAWN: Conflict = "overdrawn", "The account has not enough money";
    /// Money is moved between two accounts.
    SAME_ACCOUNT: Invalid = "same_account", "Money is moved between two accounts";
}

/// An account.
#[entity("accounts")]
pub struct Account {
    pub id: Id<Account>,
    /// In minor units.
    #[entity(read_only)]
    pub balance: i64,
}

/// How much: at least one minor unit.
#[value]
pub struct Amount(#[validate(range(min = 1, max = 100_000_000))] pub i64);

/// What a transfer did.
#[value]
pub struct Transfer {
    pub from: Account,
    pub to: Account,
}

/// Pays money in.
#[process]
pub async fn pay_in(cx: &mut WriteContext, id: Id<Account>, amount: Amount) -> Result<Stored<Account>> {
    let mut account = cx.read(&id).await?.into_inner();
    account.balance += amount.0;
    cx.update(account).await
}

/// Takes money out.
#[process(faults(OVERDRAWN))]
pub async fn pay_out(cx: &mut WriteContext, id: Id<Account>, amount: Amount) -> Result<Stored<Account>> {
    let mut account = cx.read(&id).await?.into_inner();
    if account.balance < amount.0 {
        return Err(OVERDRAWN.because("the balance is lower than the amount"));
    }
    account.balance -= amount.0;
    cx.update(account).await
}

/// Moves money: two processes, one unit of work.
#[process(faults(OVERDRAWN, SAME_ACCOUNT))]
pub async fn transfer(cx: &mut WriteContext, id: Id<Account>, to: Id<Account>, amount: Amount) -> Result<Transfer> {
    if id == to {
        return Err(SAME_ACCOUNT.into());
    }
    let from = pay_out(cx, id, amount.clone()).await?.into_inner();
    let to = pay_in(cx, to, amount).await?.into_inner();
    Ok(Transfer { from, to })
}

/// Everything that the service answers.
pub fn module() -> Module {
    let accounts = Resource::<Account>::stored().action::<pay_in>("payIn").action::<pay_out>("payOut");
    Module::new("").resource(accounts.action::<transfer>("transfer"))
}

fn main() {
    let service = TestService::new().module(module()).start();
    let anna = service.caller("acme").may(["accounts.*"]);
    for id in ["a", "b"] {
        let _ = service.post("/accounts").json(format!(r#"{{"id":"{id}"}}"#)).from(&anna).send();
    }
    println!("{}", service.post("/accounts/a/payIn").json("500").from(&anna).send().json());
    let moved = service.post("/accounts/a/transfer").json(r#"{"to":"b","amount":200}"#).from(&anna).send();
    println!("{}", moved.json());
}

#[test]
fn a_fault_leaves_nothing_half_done() {
    let service = TestService::new().module(module()).start();
    let anna = service.caller("acme").may(["accounts.*"]);
    let post = |path: &str, body: &str| service.post(path).json(body).from(&anna).send();
    for id in ["a", "b"] {
        assert_eq!(post("/accounts", &format!(r#"{{"id":"{id}"}}"#)).status, 201);
    }
    assert_eq!(post("/accounts/a/payIn", r#"{"amount":500}"#).json()["balance"], 500);
    for (body, status, code) in [
        (r#"{"to":"b","amount":200}"#, 200, ""),
        (r#"{"to":"b","amount":400}"#, 409, "overdrawn"),
        (r#"{"to":"a","amount":1}"#, 422, "same_account"),
        (r#"{"to":"c","amount":1}"#, 404, "not_found"),
        (r#"{"to":"b","amount":0}"#, 422, "invalid"),
    ] {
        let answer = post("/accounts/a/transfer", body);
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{body}");
    }
    let balance = |id: &str| service.get(&format!("/accounts/{id}/balance")).from(&anna).send().json();
    assert_eq!((balance("a"), balance("b")), (300.into(), 200.into()));
    main();
}
