//! Passwords: the pool's policy, and checking one against a stored verifier.

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::{
    Error, PasswordPolicy, sealed,
    secret::Secret,
    srp,
    user::{Credential, User},
    user_pool::UserPool,
};

/// Longest password.
const MAX_CHARS: usize = 256;
/// The special characters that Cognito counts as symbols, beside a space inside the password.
const SYMBOLS: &str = "^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= ";

/// Checks `password` against `policy`.
pub(crate) fn check_policy(password: &str, policy: &PasswordPolicy) -> Result<(), Error> {
    let length = password.chars().count();
    if length > MAX_CHARS {
        return Err(Error::InvalidParameter(
            "1 validation error detected: Value at 'password' failed to satisfy constraint: \
             Member must have length less than or equal to 256"
                .to_owned(),
        ));
    }
    let has = |test: fn(char) -> bool| password.chars().any(test);
    let rules = [
        (length >= policy.minimum_length, "Password not long enough"),
        (password.trim() == password, "Password must not begin or end with a space"),
        (!policy.require_uppercase || has(|c| c.is_ascii_uppercase()), "Password must have uppercase characters"),
        (!policy.require_lowercase || has(|c| c.is_ascii_lowercase()), "Password must have lowercase characters"),
        (!policy.require_numbers || has(|c| c.is_ascii_digit()), "Password must have numeric characters"),
        (!policy.require_symbols || has(|c| SYMBOLS.contains(c)), "Password must have symbol characters"),
    ];
    match rules.iter().find(|(holds, _)| !holds) {
        Some((_, rule)) => Err(Error::InvalidPassword(rule)),
        None => Ok(()),
    }
}

/// The SRP verifier of a password, computed off the async threads (it costs milliseconds).
pub(crate) async fn verifier(pool: &UserPool, username: &str, password: &str, salt: &[u8]) -> Result<Vec<u8>, Error> {
    if password.chars().count() > MAX_CHARS {
        // Nobody has such a password, and no credential has this verifier.
        return Ok(vec![0; srp::GROUP_BYTES]);
    }
    let (name, username) = (pool.srp_name().to_owned(), username.to_owned());
    let (password, salt) = (password.to_owned(), salt.to_owned());
    off_thread(move || srp::verifier(&name, &username, &password, &salt)).await
}

/// Runs arithmetic that takes milliseconds on tokio's blocking threads.
pub(crate) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Cryptography("a worker thread ended early"))
}

/// Whether `password` is the user's.
pub(crate) async fn is_correct(pool: &UserPool, user: &User, password: &str) -> Result<bool, Error> {
    let credential = credential_of(pool, &user.username, Some(user));
    matches(pool, &user.username, &credential, password).await
}

/// Whether `password` belongs to `credential`, in time that does not depend on the answer.
pub(crate) async fn matches(
    pool: &UserPool,
    username: &str,
    credential: &Credential,
    password: &str,
) -> Result<bool, Error> {
    let given = verifier(pool, username, password, credential.salt.expose()).await?;
    Ok(verify_slices_are_equal(&given, credential.verifier.expose()).is_ok())
}

/// The user's credential, or one that follows from the name for a user who does not exist or has no password: the
/// same at every attempt, and matching no password.
pub(crate) fn credential_of(pool: &UserPool, username: &str, user: Option<&User>) -> Credential {
    if let Some(credential) = user.and_then(|user| user.credential.clone()) {
        return credential;
    }
    let name = username.as_bytes();
    let salt = sealed::derive(&pool.secret, &[b"salt", name]);
    let verifier: Vec<u8> =
        (0..12_u8).flat_map(|block| sealed::derive(&pool.secret, &[b"verifier", &[block], name])).collect();
    Credential { salt: Secret::new(&salt[..16]), verifier: Secret::new(verifier) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_rule_that_a_password_breaks() {
        let policy = PasswordPolicy::default();
        let cases = [
            ("Aa1!xyz", Some("Password not long enough")),
            ("aa1!xyzw", Some("Password must have uppercase characters")),
            ("AA1!XYZW", Some("Password must have lowercase characters")),
            ("Aab!xyzw", Some("Password must have numeric characters")),
            ("Aa12xyzw", Some("Password must have symbol characters")),
            (" Aa1!xyz", Some("Password must not begin or end with a space")),
            ("Aa1 xyzw", None),
            ("Aa1!xyzw", None),
        ];
        for (password, broken) in cases {
            match (check_policy(password, &policy), broken) {
                (Ok(()), None) => {}
                (Err(Error::InvalidPassword(rule)), Some(broken)) => assert_eq!(rule, broken, "{password}"),
                (result, _) => panic!("{password}: {result:?}"),
            }
        }
        assert!(matches!(check_policy(&"Aa1!".repeat(65), &policy), Err(Error::InvalidParameter(_))));
    }
}
