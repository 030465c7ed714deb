//! Where records live in the store. Everything is read at the start; afterwards a change writes what differs.
//!
//! Keys are the parts of a name joined by zero bytes, which no name contains.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};
use store::{Key, Keyspace, Store, Transaction};

use crate::{
    Error,
    records::{Api, ApiKey, Association, ChannelNamespace, Core, DataSource, DomainName, Function, Members, Resolver},
};

/// API id -> [`Core`].
const APIS: Keyspace = Keyspace("appsync_apis");
/// API id -> SDL.
const SCHEMAS: Keyspace = Keyspace("appsync_schemas");
/// API id, key -> [`ApiKey`].
const API_KEYS: Keyspace = Keyspace("appsync_api_keys");
/// API id, name -> [`DataSource`].
const DATA_SOURCES: Keyspace = Keyspace("appsync_data_sources");
/// API id, function id -> [`Function`].
const FUNCTIONS: Keyspace = Keyspace("appsync_functions");
/// API id, type, field -> [`Resolver`].
const RESOLVERS: Keyspace = Keyspace("appsync_resolvers");
/// Merged API's id, association id -> [`Association`].
const ASSOCIATIONS: Keyspace = Keyspace("appsync_associations");
/// Event API's id, name -> [`ChannelNamespace`].
const NAMESPACES: Keyspace = Keyspace("appsync_channel_namespaces");
/// Domain name -> [`DomainName`].
const DOMAIN_NAMES: Keyspace = Keyspace("appsync_domain_names");

/// Records read at once at the start.
const BATCH: usize = 256;

/// The store, read and written as records.
pub(crate) struct Storage {
    store: Arc<dyn Store>,
}

/// APIs by id and domain names by name, as they were stored.
pub(crate) type Stored = (BTreeMap<String, Arc<Api>>, BTreeMap<String, Arc<DomainName>>);

impl Storage {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Everything that is stored.
    pub(crate) fn load(&self) -> Result<Stored, Error> {
        let mut apis = BTreeMap::new();
        for (key, bytes) in self.entries(APIS, &[])? {
            let id = text(APIS, &key)?;
            let core: Core = decode(APIS, &bytes)?;
            apis.insert(id.clone(), Arc::new(self.api(&id, core)?));
        }
        let mut domains = BTreeMap::new();
        for (key, bytes) in self.entries(DOMAIN_NAMES, &[])? {
            domains.insert(text(DOMAIN_NAMES, &key)?, Arc::new(decode(DOMAIN_NAMES, &bytes)?));
        }
        Ok((apis, domains))
    }

    fn api(&self, id: &str, core: Core) -> Result<Api, Error> {
        let sdl = match self.store.get(SCHEMAS, id.as_bytes())? {
            Some(bytes) => Some(text(SCHEMAS, &bytes)?.into()),
            None => None,
        };
        let members = Members {
            api_keys: named(self.members(API_KEYS, id)?, |key: &ApiKey| key.id.clone()),
            data_sources: named(self.members(DATA_SOURCES, id)?, |source: &DataSource| source.name.clone()),
            functions: named(self.members(FUNCTIONS, id)?, |function: &Function| function.function_id.clone()),
            resolvers: named(self.members(RESOLVERS, id)?, Resolver::field),
            associations: named(self.members(ASSOCIATIONS, id)?, |association: &Association| {
                association.association_id.clone()
            }),
            namespaces: named(self.members(NAMESPACES, id)?, |namespace: &ChannelNamespace| namespace.name.clone()),
        };
        Ok(Api { core: Arc::new(core), sdl, members, of_the_template: false })
    }

    fn members<T: DeserializeOwned>(&self, keyspace: Keyspace, api_id: &str) -> Result<Vec<T>, Error> {
        let entries = self.entries(keyspace, &key(&[api_id, ""]))?;
        entries.into_iter().map(|(_, bytes)| decode(keyspace, &bytes)).collect()
    }

    /// The entries whose keys begin with `prefix`, which is empty or ends in a zero.
    fn entries(&self, keyspace: Keyspace, prefix: &[u8]) -> Result<store::Page, Error> {
        let mut end = prefix.to_vec();
        let upper = end.last_mut().map(|last| *last = 1).map_or(Bound::Unbounded, |()| Bound::Excluded(end.as_slice()));
        let mut entries = store::Page::new();
        loop {
            let lower = entries.last().map_or(Bound::Included(prefix), |(key, _)| Bound::Excluded(key.as_slice()));
            let page = self.store.range(keyspace, lower, upper, BATCH, false)?;
            let is_last = page.len() < BATCH;
            entries.extend(page);
            if is_last {
                return Ok(entries);
            }
        }
    }

    /// Makes `after` durable in the place of `before`; `None` stands for an API that is not there.
    pub(crate) async fn replace(&self, id: &str, before: Option<&Api>, after: Option<&Api>) -> Result<(), Error> {
        let mut transaction = Transaction::new();
        match after {
            Some(after) => transaction.put(APIS, id, encode(&*after.core)),
            None => transaction.delete(APIS, id),
        };
        let sdl = |api: Option<&Api>| api.and_then(|api| api.sdl.clone());
        match (sdl(before), sdl(after)) {
            (before, Some(after)) if before.as_ref() != Some(&after) => {
                transaction.put(SCHEMAS, id, after.as_bytes().to_vec());
            }
            (Some(_), None) => {
                transaction.delete(SCHEMAS, id);
            }
            _ => {}
        }
        let nothing = Members::default();
        let (before, after) = (before.map_or(&nothing, |api| &api.members), after.map_or(&nothing, |api| &api.members));
        let mut one = |name: &String| key(&[id, name]);
        difference(API_KEYS, &before.api_keys, &after.api_keys, &mut one, &mut transaction);
        difference(DATA_SOURCES, &before.data_sources, &after.data_sources, &mut one, &mut transaction);
        difference(FUNCTIONS, &before.functions, &after.functions, &mut one, &mut transaction);
        difference(ASSOCIATIONS, &before.associations, &after.associations, &mut one, &mut transaction);
        difference(NAMESPACES, &before.namespaces, &after.namespaces, &mut one, &mut transaction);
        let mut field = |(type_name, field): &(String, String)| key(&[id, type_name, field]);
        difference(RESOLVERS, &before.resolvers, &after.resolvers, &mut field, &mut transaction);
        Ok(self.store.commit(transaction).await?)
    }

    /// Makes a domain name durable, or its removal.
    pub(crate) async fn put_domain(&self, name: &str, domain: Option<&DomainName>) -> Result<(), Error> {
        let mut transaction = Transaction::new();
        match domain {
            Some(domain) => transaction.put(DOMAIN_NAMES, name, encode(domain)),
            None => transaction.delete(DOMAIN_NAMES, name),
        };
        Ok(self.store.commit(transaction).await?)
    }
}

/// Adds to `transaction` what turns the one into the other. What they share is the same and is not looked at.
fn difference<K: Ord, T: Serialize>(
    keyspace: Keyspace,
    before: &BTreeMap<K, Arc<T>>,
    after: &BTreeMap<K, Arc<T>>,
    key: &mut dyn FnMut(&K) -> Key,
    transaction: &mut Transaction,
) {
    for (name, value) in after {
        if before.get(name).is_none_or(|known| !Arc::ptr_eq(known, value)) {
            transaction.put(keyspace, key(name), encode(&**value));
        }
    }
    for name in before.keys().filter(|name| !after.contains_key(name)) {
        transaction.delete(keyspace, key(name));
    }
}

fn named<K: Ord, T>(records: Vec<T>, name: impl Fn(&T) -> K) -> BTreeMap<K, Arc<T>> {
    records.into_iter().map(|record| (name(&record), Arc::new(record))).collect()
}

fn key(parts: &[&str]) -> Key {
    parts.join("\0").into_bytes()
}

fn encode(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("records have string keys and no failing serializers")
}

fn decode<T: DeserializeOwned>(keyspace: Keyspace, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|_| Error::Corrupt(keyspace.0))
}

fn text(keyspace: Keyspace, bytes: &[u8]) -> Result<String, Error> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Error::Corrupt(keyspace.0))
}
