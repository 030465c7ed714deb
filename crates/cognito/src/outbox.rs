//! Messages that Cognito would send by e-mail or text message: kept where an operator can read them.

use clock::{Clock, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Transaction;

use crate::{
    Error,
    storage::{OUTBOX, Storage, encode, key, prefix},
    user::User,
    user_pool::UserPool,
};

/// Messages kept for each pool; the oldest make room.
const MAX_MESSAGES: usize = 200;

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub enum Purpose {
    /// The code of `ConfirmSignUp`.
    SignUp,
    /// The temporary password of `AdminCreateUser`.
    Invitation,
}

/// A message to a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    /// The pool of the user.
    pub user_pool_id: String,
    /// To whom.
    pub username: String,
    /// `EMAIL` or `SMS`.
    pub medium: String,
    /// The address or phone number, in full.
    pub destination: String,
    /// Why.
    pub purpose: Purpose,
    /// The code or temporary password.
    pub code: String,
    /// When it was sent.
    pub sent: Timestamp,
}

/// Where a code goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// `email` or `phone_number`.
    pub(crate) attribute: &'static str,
    /// `EMAIL` or `SMS`.
    pub(crate) medium: &'static str,
    pub(crate) destination: String,
}

impl Delivery {
    /// To the first of phone number and e-mail address that the pool verifies and the user has, in Cognito's order.
    pub(crate) fn to_verify(pool: &UserPool, user: &User) -> Option<Self> {
        Self::among(user, |attribute| pool.settings.auto_verified_attributes.iter().any(|name| name == attribute))
    }

    /// To whichever of phone number and e-mail address the user has.
    pub(crate) fn to_any(user: &User) -> Option<Self> {
        Self::among(user, |_| true)
    }

    fn among(user: &User, wanted: impl Fn(&str) -> bool) -> Option<Self> {
        let media = [("phone_number", "SMS"), ("email", "EMAIL")];
        media.into_iter().filter(|(attribute, _)| wanted(attribute)).find_map(|(attribute, medium)| {
            let destination = user.attributes.get(attribute).filter(|value| !value.is_empty())?.clone();
            Some(Self { attribute, medium, destination })
        })
    }

    /// `CodeDeliveryDetails`.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "AttributeName": self.attribute,
            "DeliveryMedium": self.medium,
            "Destination": self.masked(),
        })
    }

    /// The destination as an answer shows it: `u***@e***`, `+*******0100`.
    fn masked(&self) -> String {
        if let Some((local, host)) = self.destination.split_once('@') {
            let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
            return format!("{}***@{}***", first(local), first(host));
        }
        let digits: Vec<char> = self.destination.chars().filter(char::is_ascii_digit).collect();
        let shown: String = digits.iter().skip(digits.len().saturating_sub(4)).collect();
        format!("+*******{shown}")
    }
}

/// Adds a message to `transaction`, and to the log a line without its code.
pub(crate) fn send(
    storage: &Storage,
    transaction: &mut Transaction,
    message: &Message,
    clock: &dyn Clock,
) -> Result<(), Error> {
    let pool = message.user_pool_id.as_str();
    let kept = storage.scan::<Message>(OUTBOX, &prefix(&[pool]), None, MAX_MESSAGES * 2)?;
    for (oldest, _) in kept.iter().take((kept.len() + 1).saturating_sub(MAX_MESSAGES)) {
        transaction.delete(OUTBOX, oldest.clone());
    }
    let order = format!("{:020}-{:016x}", message.sent.0.max(0), clock.random());
    transaction.put(OUTBOX, key(&[pool, &order]), encode(message));
    tracing::info!(
        user_pool = pool,
        username = message.username,
        medium = message.medium,
        purpose = ?message.purpose,
        "a message is in the outbox"
    );
    Ok(())
}

/// The messages of a pool, oldest first.
pub(crate) fn messages(storage: &Storage, pool_id: &str) -> Result<Vec<Message>, Error> {
    let entries = storage.scan(OUTBOX, &prefix(&[pool_id]), None, MAX_MESSAGES * 2)?;
    Ok(entries.into_iter().map(|(_, message)| message).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_most_of_a_destination() {
        let cases = [("user@example.com", "u***@e***"), ("+15550100", "+*******0100"), ("+1", "+*******1")];
        for (destination, masked) in cases {
            let delivery = Delivery { attribute: "email", medium: "EMAIL", destination: destination.to_owned() };
            assert_eq!(delivery.masked(), masked);
        }
    }
}
