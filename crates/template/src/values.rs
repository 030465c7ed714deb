//! What a template cannot say: ids, keys and addresses that AWS makes up when it creates a resource.
//!
//! Who runs the application decides them through [`Values`]; [`Derived`] is a stand-in that needs no server.

/// The ids, keys and addresses of the running system. Each must answer the same for the same arguments.
pub trait Values {
    /// The id of a GraphQL API: 26 lowercase letters and digits.
    fn api_id(&self, logical_id: &str) -> String;
    /// The value of an API key: `da2-` and 26 lowercase letters and digits.
    fn api_key(&self, logical_id: &str) -> String;
    /// The id of a function of pipeline resolvers: 26 lowercase letters and digits.
    fn function_id(&self, api_id: &str, logical_id: &str) -> String {
        stable_text(&format!("{api_id}/function/{logical_id}"), 26)
    }
    /// Where an API takes queries and mutations: `https://.../graphql`.
    fn graphql_url(&self, api_id: &str) -> String;
    /// Where an API takes subscriptions: `wss://.../graphql/realtime`.
    fn realtime_url(&self, api_id: &str) -> String;
    /// Where an Event API is published to: what stands between `https://` and `/event`.
    fn event_host(&self, api_id: &str) -> String;
    /// Where an Event API takes WebSocket connections: what stands between `wss://` and `/event/realtime`.
    fn event_realtime_host(&self, api_id: &str) -> String;
    /// The id of a user pool: `REGION_` and nine letters and digits.
    fn user_pool_id(&self, logical_id: &str) -> String;
    /// The id of a user pool client: 26 lowercase letters and digits.
    fn user_pool_client_id(&self, logical_id: &str) -> String;
    /// The secret of a user pool client that has one.
    fn user_pool_client_secret(&self, logical_id: &str) -> String;
    /// The id of an identity pool: `REGION:` and a UUID.
    fn identity_pool_id(&self, logical_id: &str) -> String;
    /// The issuer of a user pool's tokens: `https://cognito-idp.REGION.amazonaws.com/POOL` on AWS.
    fn issuer(&self, user_pool_id: &str) -> String;
}

/// Values that follow from region, stack and logical id, with the addresses that AWS would give.
#[derive(Debug, Clone)]
pub struct Derived {
    /// For example `us-east-1`.
    pub region: String,
    /// Keeps the ids of two stacks apart.
    pub stack_name: String,
}

impl Derived {
    fn text(&self, what: &str, logical_id: &str, length: usize) -> String {
        stable_text(&format!("{}/{}/{what}/{logical_id}", self.region, self.stack_name), length)
    }
}

impl Values for Derived {
    fn api_id(&self, logical_id: &str) -> String {
        self.text("api", logical_id, 26)
    }

    fn api_key(&self, logical_id: &str) -> String {
        format!("da2-{}", self.text("api-key", logical_id, 26))
    }

    fn graphql_url(&self, api_id: &str) -> String {
        format!("https://{api_id}.appsync-api.{}.amazonaws.com/graphql", self.region)
    }

    fn realtime_url(&self, api_id: &str) -> String {
        format!("wss://{api_id}.appsync-realtime-api.{}.amazonaws.com/graphql", self.region)
    }

    fn event_host(&self, api_id: &str) -> String {
        format!("{api_id}.appsync-api.{}.amazonaws.com", self.region)
    }

    fn event_realtime_host(&self, api_id: &str) -> String {
        format!("{api_id}.appsync-realtime-api.{}.amazonaws.com", self.region)
    }

    fn user_pool_id(&self, logical_id: &str) -> String {
        format!("{}_{}", self.region, self.text("user-pool", logical_id, 9))
    }

    fn user_pool_client_id(&self, logical_id: &str) -> String {
        self.text("client", logical_id, 26)
    }

    fn user_pool_client_secret(&self, logical_id: &str) -> String {
        self.text("client-secret", logical_id, 51)
    }

    fn identity_pool_id(&self, logical_id: &str) -> String {
        format!("{}:{}", self.region, uuid_text(&self.text("identity-pool", logical_id, 32)))
    }

    fn issuer(&self, user_pool_id: &str) -> String {
        format!("https://cognito-idp.{}.amazonaws.com/{user_pool_id}", self.region)
    }
}

/// `length` lowercase letters and digits that follow from `seed`: the same in every run and on every machine. Not
/// secret: whoever knows the seed can compute it.
pub fn stable_text(seed: &str, length: usize) -> String {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut state = fnv1a(seed.as_bytes());
    let mut text = String::with_capacity(length);
    while text.len() < length {
        state = mixed(state);
        text.push(char::from(ALPHABET[(state % 36) as usize]));
    }
    text
}

/// 32 letters and digits in the form of a UUID.
pub(crate) fn uuid_text(text: &str) -> String {
    let hex: String = text.bytes().map(|byte| char::from(b"0123456789abcdef"[usize::from(byte % 16)])).collect();
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// The FNV-1a hash of 64 bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The next state of a SplitMix64 generator, spread over all bits.
fn mixed(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}
