//! Sign-in, step by step: what `InitiateAuth`, `RespondToAuthChallenge` and their Admin twins share.

mod new_password;
mod refresh_token;
mod user_password;
mod user_srp;

use clock::Timestamp;
use serde_json::Value;

use crate::{
    Denial, Error, UserPools,
    client::Client,
    input::Parameters,
    sign_in,
    user::{User, UserStatus},
    user_pool::UserPool,
};

/// One call of a sign-in.
pub(crate) struct Attempt<'a> {
    pub(crate) pools: &'a UserPools,
    pub(crate) pool: UserPool,
    pub(crate) client: Client,
    pub(crate) parameters: Parameters,
    /// Whether an administrator signs the user in: other flows, and unknown users are named.
    pub(crate) is_admin: bool,
}

impl Attempt<'_> {
    /// `AuthFlow`: tokens, or a first challenge.
    pub(crate) async fn initiate(&self, flow: &str) -> Result<Value, Error> {
        match (flow, self.is_admin) {
            ("ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH", true) => {
                self.require_flow(flow, "Auth flow not enabled for this client")?;
                user_password::sign_in(self).await
            }
            ("USER_PASSWORD_AUTH", false) => {
                self.require_flow(flow, "USER_PASSWORD_AUTH flow not enabled for this client")?;
                user_password::sign_in(self).await
            }
            ("USER_SRP_AUTH", _) => {
                self.require_flow(flow, "USER_SRP_AUTH is not enabled for the client.")?;
                user_srp::challenge(self).await
            }
            ("REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN", _) => {
                self.require_flow("REFRESH_TOKEN_AUTH", "Auth flow not enabled for this client")?;
                refresh_token::refresh(self).await
            }
            ("CUSTOM_AUTH" | "USER_AUTH", _) => Err(Error::Unsupported(format!("AuthFlow {flow}"))),
            _ => Err(Error::InvalidParameter(format!("Initiate Auth method not supported: {flow}"))),
        }
    }

    /// `ChallengeName`: tokens, or the next challenge.
    pub(crate) async fn respond(&self, challenge: &str, session: Option<&str>) -> Result<Value, Error> {
        match challenge {
            "PASSWORD_VERIFIER" => user_srp::verify(self).await,
            "NEW_PASSWORD_REQUIRED" => new_password::accept(self, session).await,
            _ => Err(Error::Unsupported(format!("ChallengeName {challenge}"))),
        }
    }

    fn require_flow(&self, flow: &str, otherwise: &str) -> Result<(), Error> {
        if self.client.settings.allows(flow) { Ok(()) } else { Err(Error::InvalidParameter(otherwise.to_owned())) }
    }

    /// The user named by `USERNAME`, once `SECRET_HASH` is right. `None` if there is none and that must not show.
    fn named_user(&self) -> Result<Option<User>, Error> {
        let name = self.parameters.username()?;
        self.client.check_secret_hash(name, self.parameters.get("SECRET_HASH"))?;
        let user = self.pools.storage.find_user(&self.pool, name)?;
        if user.is_none() && (self.is_admin || !self.client.settings.hides_unknown_users()) {
            return Err(Error::UserNotFound);
        }
        Ok(user)
    }

    /// Counts a wrong password against `username`.
    fn refuse(&self, username: &str, now: Timestamp) -> Error {
        self.pools.lockout.failed(&self.pool.id, username, now);
        Denial::IncorrectUsernameOrPassword.into()
    }

    /// What follows a right password: the reason why the user may not sign in, a new password, or tokens.
    async fn complete(&self, user: &User) -> Result<Value, Error> {
        self.pools.lockout.succeeded(&self.pool.id, &user.username);
        user.check_may_sign_in(self.pools.clock.now())?;
        if user.status == UserStatus::ForceChangePassword {
            return new_password::challenge(self, user);
        }
        sign_in::begin(self.pools, &self.pool, &self.client, user).await
    }
}
