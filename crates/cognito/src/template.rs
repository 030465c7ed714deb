//! Applying a template's resources: every `put_` is idempotent, over restarts too.
//!
//! A resource is known by the name that the template gives it; its id is given, or generated once and kept.

use std::collections::BTreeMap;

use store::{Keyspace, Transaction};

use crate::{
    Error, UserPools,
    client::{Client, ClientSettings},
    group::{Group, GroupSettings},
    input, random,
    secret::Secret,
    storage::{APPLIED, CLIENTS, GROUPS, POOL_CLIENTS, POOLS, Storage, Stored, encode, key},
    user::{Credential, User, UserStatus},
    user_pool::{self, UserPool, UserPoolSettings},
};

/// An app client's id and, if it has one, secret.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCredentials {
    /// 26 lower-case alphanumeric characters, unless it was given.
    pub client_id: String,
    /// For `SECRET_HASH`.
    pub client_secret: Option<String>,
}

/// A user for a first start.
#[derive(Clone, Default)]
pub struct UserSeed {
    /// The user name, or the e-mail address in a pool whose users sign in with theirs.
    pub username: String,
    /// Without `sub`; administrators may set `email_verified`.
    pub attributes: BTreeMap<String, String>,
    /// The password, permanent; without one the user cannot sign in until an administrator sets it.
    pub password: Option<String>,
}

impl UserSeed {
    /// A user from the properties of `AWS::Cognito::UserPoolUser`, which has no property for a password.
    ///
    /// # Errors
    /// `Serialization` for a wrong shape.
    pub fn from_json(properties: serde_json::Value, password: Option<String>) -> Result<Self, Error> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Properties {
            #[serde(default)]
            username: String,
            #[serde(default)]
            user_attributes: Vec<input::Attribute>,
        }

        let Properties { username, user_attributes } = input::parse(properties)?;
        let attributes = user_attributes.into_iter().map(|attribute| (attribute.name, attribute.value)).collect();
        Ok(Self { username, attributes, password })
    }
}

impl UserPools {
    /// Creates the user pool that the template calls `name`, or gives it these settings; returns its id. Its signing
    /// keys are made in the background.
    ///
    /// # Errors
    /// `InvalidParameter` or `Unsupported` for the settings or the given id.
    pub async fn put_user_pool(
        &self,
        name: &str,
        id: Option<&str>,
        mut settings: UserPoolSettings,
    ) -> Result<String, Error> {
        settings.validate()?;
        if settings.pool_name.is_empty() {
            name.clone_into(&mut settings.pool_name);
        }
        let applied = key(&["pool", name]);
        let id =
            applied_id(&self.storage, &applied, id, || random::user_pool_id(&*self.clock, &self.partition.region))?;
        if !user_pool::is_valid_id(&id) {
            return Err(Error::InvalidParameter(format!("'{id}' is not a user pool id: <region>_<alphanumeric>")));
        }
        for trigger in settings.triggers() {
            tracing::warn!(user_pool = id, trigger, "this Lambda trigger runs on AWS only");
        }
        let now = self.clock.now();
        let stored: Option<Stored<UserPool>> = self.storage.read(POOLS, id.as_bytes())?;
        let pool = match stored {
            Some(stored) if stored.value.settings == settings && self.is_applied(&applied, &id)? => None,
            Some(stored) if stored.value.settings == settings => Some(stored.value),
            Some(stored) => Some(UserPool { settings, modified: now, ..stored.value }),
            None => Some(self.new_pool(id.clone(), settings)),
        };
        if let Some(pool) = pool {
            self.put(POOLS, id.clone().into_bytes(), encode(&pool), applied, &id).await?;
        }
        self.keys.warm(&id);
        Ok(id)
    }

    /// A pool that is not in the store yet.
    pub(crate) fn new_pool(&self, id: String, settings: UserPoolSettings) -> UserPool {
        let secret = Secret::new(random::bytes::<32>(&*self.clock));
        let now = self.clock.now();
        UserPool { id, settings, secret, created: now, modified: now }
    }

    /// Creates the app client that the template calls `name`, or gives it these settings. Id and secret stay.
    ///
    /// # Errors
    /// `ResourceNotFound` for an unknown pool, `InvalidParameter` or `Unsupported` for the settings or the given id.
    pub async fn put_client(
        &self,
        name: &str,
        pool_id: &str,
        id: Option<&str>,
        mut settings: ClientSettings,
    ) -> Result<ClientCredentials, Error> {
        settings.validate()?;
        if settings.client_name.is_empty() {
            name.clone_into(&mut settings.client_name);
        }
        let pool = self.storage.pool(pool_id)?;
        let applied = key(&["client", pool_id, name]);
        let id = applied_id(&self.storage, &applied, id, || random::client_id(&*self.clock))?;
        input::name(&id, "clientId")?;
        let stored: Option<Stored<Client>> = self.storage.read(CLIENTS, id.as_bytes())?;
        let mut unchanged = false;
        let client = match stored {
            Some(stored) if stored.value.user_pool_id != pool.id => {
                return Err(Error::InvalidParameter(format!("client id '{id}' belongs to another user pool")));
            }
            Some(stored) if stored.value.settings == settings => {
                unchanged = self.is_applied(&applied, &id)?;
                stored.value
            }
            Some(stored) => Client { settings, modified: self.clock.now(), ..stored.value },
            None => self.new_client(&pool, id.clone(), settings),
        };
        if !unchanged {
            let mut transaction = Transaction::new();
            transaction.put(APPLIED, applied, encode(&id));
            self.add_client(&client, &mut transaction);
            self.storage.commit(transaction).await?;
        }
        let client_secret = client.secret.as_ref().map(|secret| secret.expose_text().into_owned());
        Ok(ClientCredentials { client_id: id, client_secret })
    }

    /// A client that is not in the store yet.
    pub(crate) fn new_client(&self, pool: &UserPool, id: String, settings: ClientSettings) -> Client {
        let secret = settings.generate_secret.then(|| Secret::new(random::client_secret(&*self.clock)));
        let now = self.clock.now();
        Client { id, user_pool_id: pool.id.clone(), settings, secret, created: now, modified: now }
    }

    pub(crate) fn add_client(&self, client: &Client, transaction: &mut Transaction) {
        transaction.put(CLIENTS, client.id.as_bytes(), encode(client));
        transaction.put(POOL_CLIENTS, key(&[&client.user_pool_id, &client.id]), encode(&()));
    }

    /// Creates the group, or gives it these settings.
    ///
    /// # Errors
    /// `ResourceNotFound` for an unknown pool, `InvalidParameter` for the settings.
    pub async fn put_group(&self, pool_id: &str, settings: GroupSettings) -> Result<(), Error> {
        settings.validate()?;
        let pool = self.storage.pool(pool_id)?;
        let now = self.clock.now();
        let group = match self.storage.group(&pool, &settings.group_name)? {
            Some(group) if group.settings == settings => return Ok(()),
            Some(group) => Group { settings, modified: now, ..group },
            None => Group { settings, created: now, modified: now },
        };
        let mut transaction = Transaction::new();
        transaction.put(GROUPS, key(&[&pool.id, &group.settings.group_name]), encode(&group));
        Ok(self.storage.commit(transaction).await?)
    }

    /// Creates the user with a permanent password (status `CONFIRMED`) unless a user of this name exists; true if it
    /// was created. An existing user stays as it is, password included.
    ///
    /// # Errors
    /// `ResourceNotFound` for an unknown pool, `InvalidParameter` and `InvalidPassword` for what is wrong.
    pub async fn put_user(&self, pool_id: &str, seed: UserSeed) -> Result<bool, Error> {
        let pool = self.storage.pool(pool_id)?;
        if self.storage.find_user(&pool, &seed.username)?.is_some() {
            return Ok(false);
        }
        let attributes = seed.attributes.into_iter().map(|(name, value)| input::Attribute { name, value }).collect();
        let mut user = self.new_user(&pool, &seed.username, UserStatus::ForceChangePassword)?;
        user.attributes.extend(input::attributes(&pool, attributes, input::Writer::Administrator)?);
        if let Some(password) = seed.password {
            let credential = Credential::conforming(&pool, &user.username, &password, &*self.clock).await?;
            user.set_password(credential, self.clock.now());
        }
        self.storage.create_user(&pool, &user, Transaction::new()).await?;
        Ok(true)
    }

    /// A user that is not in the store yet. In a pool of e-mail addresses or phone numbers `name` becomes that
    /// attribute, and the user name is the `sub`.
    pub(crate) fn new_user(&self, pool: &UserPool, name: &str, status: UserStatus) -> Result<User, Error> {
        input::name(name, "username")?;
        let (sub, now) = (self.clock.uuid(), self.clock.now());
        let allows = |attribute: &str| pool.settings.username_attributes.iter().any(|given| given == attribute);
        let attribute = match (allows("email"), allows("phone_number")) {
            (false, false) => return Ok(User::new(pool.normalize(name), sub, status, now)),
            (true, _) if input::is_email(name) => "email",
            (_, true) if input::is_phone_number(name) => "phone_number",
            (true, false) => return Err(Error::InvalidParameter("Username should be an email.".to_owned())),
            (false, true) => return Err(Error::InvalidParameter("Username should be a phone number.".to_owned())),
            (true, true) => {
                let message = "Username should be either an email or a phone number.";
                return Err(Error::InvalidParameter(message.to_owned()));
            }
        };
        let mut user = User::new(sub.clone(), sub, status, now);
        user.attributes.insert(attribute.to_owned(), name.to_owned());
        Ok(user)
    }

    /// Puts the user into the group; nothing happens if it is there.
    ///
    /// # Errors
    /// `ResourceNotFound` for an unknown pool or group, `UserNotFound`.
    pub async fn attach(&self, pool_id: &str, username: &str, group: &str) -> Result<(), Error> {
        let pool = self.storage.pool(pool_id)?;
        let user = self.storage.user(&pool, username)?;
        if self.storage.group(&pool, group)?.is_none() {
            return Err(Error::ResourceNotFound("Group not found.".to_owned()));
        }
        if user.groups.contains(group) {
            return Ok(());
        }
        let add = |user: &mut User| {
            user.groups.insert(group.to_owned());
            Ok(())
        };
        self.storage.update_user(&pool, &user.username, add).await
    }

    /// Whether the template's name stands for this id already. An unchanged resource costs a start no write.
    fn is_applied(&self, applied: &[u8], id: &str) -> Result<bool, Error> {
        let kept: Option<Stored<String>> = self.storage.read(APPLIED, applied)?;
        Ok(kept.is_some_and(|kept| kept.value == id))
    }

    async fn put(
        &self,
        keyspace: Keyspace,
        record_key: Vec<u8>,
        record: Vec<u8>,
        applied: Vec<u8>,
        id: &str,
    ) -> Result<(), Error> {
        let mut transaction = Transaction::new();
        transaction.put(keyspace, record_key, record).put(APPLIED, applied, encode(&id));
        Ok(self.storage.commit(transaction).await?)
    }
}

/// The id that is given, was kept, or is made now.
pub(crate) fn applied_id(
    storage: &Storage,
    applied: &[u8],
    given: Option<&str>,
    make: impl FnOnce() -> String,
) -> Result<String, Error> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    let kept = storage.read(APPLIED, applied)?;
    Ok(kept.map_or_else(make, |stored| stored.value))
}
