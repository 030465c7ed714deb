//! Where records live in the store, and how they are read, listed and changed.
//!
//! Keys are the parts of a name joined by zero bytes, which no name contains. A record is changed by compare and
//! swap, so two requests that change one user never lose each other's change.

use std::{ops::Bound, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};
use store::{Bytes, Key, Keyspace, Store, Transaction};

use crate::{Error, client::Client, group::Group, user::User, user_pool::UserPool};

/// Pool id -> [`UserPool`].
pub(crate) const POOLS: Keyspace = Keyspace("cognito_pools");
/// Client id -> [`Client`].
pub(crate) const CLIENTS: Keyspace = Keyspace("cognito_clients");
/// Pool id, client id -> nothing: the clients of a pool.
pub(crate) const POOL_CLIENTS: Keyspace = Keyspace("cognito_pool_clients");
/// Pool id, group name -> [`Group`].
pub(crate) const GROUPS: Keyspace = Keyspace("cognito_groups");
/// Pool id, user name -> [`User`].
pub(crate) const USERS: Keyspace = Keyspace("cognito_users");
/// Pool id, other name of a user (sub, e-mail address ...) -> user name.
pub(crate) const ALIASES: Keyspace = Keyspace("cognito_aliases");
/// Pool id, sub, event id -> [`crate::sign_in::SignIn`].
pub(crate) const SIGN_INS: Keyspace = Keyspace("cognito_sign_ins");
/// Pool id -> signing keys.
pub(crate) const SIGNING_KEYS: Keyspace = Keyspace("cognito_signing_keys");
/// Pool id, number -> [`crate::Message`].
pub(crate) const OUTBOX: Keyspace = Keyspace("cognito_outbox");
/// Identity pool id -> [`crate::identity_pools::IdentityPool`].
pub(crate) const IDENTITY_POOLS: Keyspace = Keyspace("cognito_identity_pools");
/// Identity id -> [`crate::identity_pools::Identity`].
pub(crate) const IDENTITIES: Keyspace = Keyspace("cognito_identities");
/// Identity pool id, issuer, sub -> identity id.
pub(crate) const LOGINS: Keyspace = Keyspace("cognito_logins");
/// Template name of a resource -> the id it was given.
pub(crate) const APPLIED: Keyspace = Keyspace("cognito_applied");

/// Every keyspace whose keys begin with the pool id.
const OF_A_POOL: [Keyspace; 7] = [POOL_CLIENTS, GROUPS, USERS, ALIASES, SIGN_INS, SIGNING_KEYS, OUTBOX];

/// How often a change is tried again after another writer was faster.
const MAX_ATTEMPTS: usize = 32;
/// Entries removed by one transaction when a pool is deleted.
const DELETE_BATCH: usize = 500;

/// A key of these parts.
pub(crate) fn key(parts: &[&str]) -> Key {
    parts.join("\0").into_bytes()
}

/// The prefix of every longer key that begins with these parts.
pub(crate) fn prefix(parts: &[&str]) -> Key {
    let mut prefix = key(parts);
    prefix.push(0);
    prefix
}

/// A record and the bytes it was read from, for compare and swap.
pub(crate) struct Stored<T> {
    pub(crate) value: T,
    pub(crate) bytes: Bytes,
}

/// The store, read and written as records.
#[derive(Clone)]
pub(crate) struct Storage {
    store: Arc<dyn Store>,
}

impl Storage {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    pub(crate) async fn commit(&self, transaction: Transaction) -> Result<(), store::Error> {
        self.store.commit(transaction).await
    }

    pub(crate) fn read<T: DeserializeOwned>(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Stored<T>>, Error> {
        let Some(bytes) = self.store.get(keyspace, key)? else { return Ok(None) };
        Ok(Some(Stored { value: decode(keyspace, &bytes)?, bytes }))
    }

    /// At most `limit` records whose keys begin with `prefix` and come after `after`, in key order.
    pub(crate) fn scan<T: DeserializeOwned>(
        &self,
        keyspace: Keyspace,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Key, T)>, Error> {
        let page = self.page(keyspace, prefix, after, limit)?;
        page.into_iter().map(|(key, bytes)| Ok((key, decode(keyspace, &bytes)?))).collect()
    }

    fn page(
        &self,
        keyspace: Keyspace,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<store::Page, Error> {
        let mut end = prefix.to_vec();
        let upper = match end.last_mut() {
            // Every prefix ends in the zero that separates parts.
            Some(last) => {
                *last = 1;
                Bound::Excluded(end.as_slice())
            }
            None => Bound::Unbounded,
        };
        let lower = match after {
            // A made-up paging token; the store's ranges may not run backwards.
            Some(after) if !after.starts_with(prefix) => return Ok(Vec::new()),
            Some(after) => Bound::Excluded(after),
            None => Bound::Included(prefix),
        };
        Ok(self.store.range(keyspace, lower, upper, limit, false)?)
    }

    pub(crate) fn pool(&self, id: &str) -> Result<UserPool, Error> {
        let stored = self.read(POOLS, id.as_bytes())?.ok_or_else(|| Error::pool_not_found(id))?;
        Ok(stored.value)
    }

    pub(crate) fn client(&self, id: &str) -> Result<Client, Error> {
        let stored = self.read(CLIENTS, id.as_bytes())?.ok_or_else(|| Error::client_not_found(id))?;
        Ok(stored.value)
    }

    /// The client `id` if it belongs to the pool.
    pub(crate) fn client_of(&self, pool: &UserPool, id: &str) -> Result<Client, Error> {
        let client = self.client(id)?;
        if client.user_pool_id == pool.id { Ok(client) } else { Err(Error::client_not_found(id)) }
    }

    pub(crate) fn group(&self, pool: &UserPool, name: &str) -> Result<Option<Group>, Error> {
        Ok(self.read(GROUPS, &key(&[&pool.id, name]))?.map(|stored| stored.value))
    }

    /// The user called `name`: by user name, sub, or an attribute that the pool lets users sign in with.
    pub(crate) fn find_user(&self, pool: &UserPool, name: &str) -> Result<Option<User>, Error> {
        let name = pool.normalize(name);
        if let Some(stored) = self.read::<User>(USERS, &key(&[&pool.id, &name]))? {
            return Ok(Some(stored.value));
        }
        let Some(alias) = self.read::<String>(ALIASES, &key(&[&pool.id, &name]))? else { return Ok(None) };
        Ok(self.read::<User>(USERS, &key(&[&pool.id, &alias.value]))?.map(|stored| stored.value))
    }

    pub(crate) fn user(&self, pool: &UserPool, name: &str) -> Result<User, Error> {
        self.find_user(pool, name)?.ok_or(Error::UserNotFound)
    }

    /// Adds `user` and what else is in `transaction`, atomically.
    pub(crate) async fn create_user(
        &self,
        pool: &UserPool,
        user: &User,
        mut transaction: Transaction,
    ) -> Result<(), Error> {
        if self.find_user(pool, &user.username)?.is_some() {
            return Err(Error::UsernameExists);
        }
        let user_key = key(&[&pool.id, &user.username]);
        transaction.require_absent(USERS, user_key.clone()).put(USERS, user_key, encode(user));
        for (attribute, alias) in pool.aliases(user) {
            self.claim_alias(pool, user, attribute, &alias, &mut transaction)?;
        }
        match self.commit(transaction).await {
            Err(store::Error::Conflict) => Err(Error::UsernameExists),
            result => Ok(result?),
        }
    }

    /// Applies `change` to the user and makes it durable, again if another writer was faster.
    pub(crate) async fn update_user<T, F>(&self, pool: &UserPool, username: &str, change: F) -> Result<T, Error>
    where
        F: Fn(&mut User) -> Result<T, Error> + Send + Sync,
        T: Send,
    {
        let user_key = key(&[&pool.id, username]);
        for _ in 0..MAX_ATTEMPTS {
            let stored = self.read::<User>(USERS, &user_key)?.ok_or(Error::UserNotFound)?;
            let mut user = stored.value.clone();
            let outcome = change(&mut user)?;
            let mut transaction = Transaction::new();
            transaction.require_equals(USERS, user_key.clone(), stored.bytes);
            transaction.put(USERS, user_key.clone(), encode(&user));
            self.move_aliases(pool, &stored.value, &user, &mut transaction)?;
            match self.commit(transaction).await {
                Err(store::Error::Conflict) => {}
                result => return Ok(result.map(|()| outcome)?),
            }
        }
        Err(Error::TooManyRequests)
    }

    fn move_aliases(
        &self,
        pool: &UserPool,
        before: &User,
        after: &User,
        transaction: &mut Transaction,
    ) -> Result<(), Error> {
        let (old, new) = (pool.aliases(before), pool.aliases(after));
        for (_, alias) in old.iter().filter(|alias| !new.contains(alias)) {
            transaction.delete(ALIASES, key(&[&pool.id, alias]));
        }
        for (attribute, alias) in new.iter().filter(|alias| !old.contains(alias)) {
            self.claim_alias(pool, after, attribute, alias, transaction)?;
        }
        Ok(())
    }

    fn claim_alias(
        &self,
        pool: &UserPool,
        user: &User,
        attribute: &str,
        alias: &str,
        transaction: &mut Transaction,
    ) -> Result<(), Error> {
        let alias_key = key(&[&pool.id, alias]);
        if self.read::<String>(ALIASES, &alias_key)?.is_some() {
            return Err(Error::AliasExists(attribute.to_owned()));
        }
        transaction.require_absent(ALIASES, alias_key.clone());
        transaction.put(ALIASES, alias_key, encode(&user.username));
        Ok(())
    }

    /// Removes a user, its other names and its sign-ins.
    pub(crate) async fn delete_user(&self, pool: &UserPool, user: &User) -> Result<(), Error> {
        let mut transaction = Transaction::new();
        transaction.delete(USERS, key(&[&pool.id, &user.username]));
        for (_, alias) in pool.aliases(user) {
            transaction.delete(ALIASES, key(&[&pool.id, &alias]));
        }
        self.commit(transaction).await?;
        // Without its user a sign-in is worth nothing, so these need not go in the same transaction.
        self.delete_all(SIGN_INS, &prefix(&[&pool.id, &user.sub])).await
    }

    /// Removes a pool and everything in it. The pool goes last, so that a crash half-way leaves it to delete again.
    pub(crate) async fn delete_pool(&self, pool: &UserPool) -> Result<(), Error> {
        let in_pool = prefix(&[&pool.id]);
        for (client_key, ()) in self.scan(POOL_CLIENTS, &in_pool, None, usize::MAX)? {
            let mut transaction = Transaction::new();
            transaction.delete(CLIENTS, &client_key[in_pool.len()..]);
            self.commit(transaction).await?;
        }
        for keyspace in OF_A_POOL {
            self.delete_all(keyspace, &in_pool).await?;
        }
        let mut transaction = Transaction::new();
        transaction.delete(SIGNING_KEYS, pool.id.as_bytes()).delete(POOLS, pool.id.as_bytes());
        Ok(self.commit(transaction).await?)
    }

    async fn delete_all(&self, keyspace: Keyspace, prefix: &[u8]) -> Result<(), Error> {
        loop {
            let page = self.page(keyspace, prefix, None, DELETE_BATCH)?;
            if page.is_empty() {
                return Ok(());
            }
            let mut transaction = Transaction::new();
            for (key, _) in page {
                transaction.delete(keyspace, key);
            }
            self.commit(transaction).await?;
        }
    }
}

/// A record as it is stored.
pub(crate) fn encode(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("records have string keys and no failing serializers")
}

fn decode<T: DeserializeOwned>(keyspace: Keyspace, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|_| Error::Corrupt(keyspace.0))
}
