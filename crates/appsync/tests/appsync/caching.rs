//! What an API's cache saves its data sources, and what it must not: counted at an HTTP data source.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use appsync::{
    Api, ApiConfig, Body, CacheConfig, CachingBehavior, CachingConfig, DataSourceConfig, DataSourceKind, Deps,
    HttpClient, HttpRequest, HttpResponse, Request, ResolverKind, Response,
    trace::{Ring, Traces},
};
use auth::Identity;
use aws_protocol::{BoxFuture, Directory};
use clock::{SimulatedClock, Timestamp};
use futures::FutureExt;
use resolver::{Code, Source, Templates};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::harness::{self, Call, Scripted};

const SCHEMA: &str = "
    type Query { note(id: ID): Note mine(id: ID): Note plain(id: ID): Note fails: Note appends: Note nothing: Note evicts: Note notes: [Note] }
    type Note { id: ID call: Int author: Note }
    type Mutation { update(id: ID, sub: ID): Note wrong(id: ID): Note template(id: ID): Note }";

const FETCH: &str = "
    import { util } from '@aws-appsync/utils';
    export function request(ctx) {
        return { method: 'GET', resourcePath: '/' + ctx.info.fieldName, params: { query: { id: ctx.args.id ?? '-' } } };
    }
    export function response(ctx) {
        if (ctx.info.fieldName === 'fails') { util.error('no such luck'); }
        if (ctx.info.fieldName === 'appends') { util.appendError('half a note'); }
        return ctx.info.fieldName === 'nothing' ? null : JSON.parse(ctx.result.body);
    }";

/// Answers with the number of the call, as many calls as `open` has permits for.
struct Counter {
    calls: AtomicUsize,
    open: Semaphore,
}

impl HttpClient for Counter {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, String>> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        Box::pin(async move {
            self.open.acquire().await.expect("never closed").forget();
            let id = request.url.split_once("id=").map_or("", |(_, id)| id);
            let body = json!({ "id": id, "call": call }).to_string();
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            Ok(HttpResponse { status: 200, headers, body: body.into() })
        })
    }
}

/// An API with a cache, and what its data source has seen.
struct Cached {
    api: Arc<Api>,
    counter: Arc<Counter>,
    clock: SimulatedClock,
}

impl Cached {
    fn new(behavior: CachingBehavior, change: impl FnOnce(&mut ApiConfig, &mut Deps)) -> Self {
        let counter = Arc::new(Counter { calls: AtomicUsize::new(0), open: Semaphore::new(1_000_000) });
        let clock = SimulatedClock::new(Timestamp(0), 1);
        let mut deps = harness::deps(Directory::default());
        deps.http = counter.clone();
        deps.clock = Arc::new(clock.clone());
        let mut config = config(behavior);
        change(&mut config, &mut deps);
        Self { api: harness::api(config, deps), counter, clock }
    }

    async fn ask(&self, query: &str, identity: &Identity) -> Value {
        serde_json::from_slice(&self.response(query, identity, &[]).await.body).unwrap()
    }

    async fn response(&self, query: &str, identity: &Identity, headers: &[(&str, &str)]) -> Response {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let request = Request {
            body: Body { query: query.into(), ..Body::default() },
            headers: headers.iter().map(owned).collect(),
            domain_name: None,
            identity: identity.clone(),
        };
        self.api.execute(&request).await
    }

    /// Asks as the holder of an API key, and says how often the data source has been called since the start.
    async fn calls(&self, query: &str) -> usize {
        self.calls_as(query, "api-key").await
    }

    async fn calls_as(&self, query: &str, identity: &str) -> usize {
        self.ask(query, &harness::identity(identity)).await;
        self.so_far()
    }

    fn so_far(&self) -> usize {
        self.counter.calls.load(Ordering::SeqCst)
    }

    /// From here on the data source answers only where `answer` lets it.
    fn hold(&self) {
        self.counter.open.forget_permits(self.counter.open.available_permits());
    }

    fn answer(&self, calls: usize) {
        self.counter.open.add_permits(calls);
    }
}

fn config(behavior: CachingBehavior) -> ApiConfig {
    let mut config = harness::config(SCHEMA);
    config.additional_modes = vec![auth::AuthMode::AwsIam, auth::AuthMode::AmazonCognitoUserPools];
    config.schema.code = SCHEMA.replace(" {", " @aws_api_key @aws_iam @aws_cognito_user_pools {");
    let kind = DataSourceKind::Http { endpoint: "http://notes.example".into(), signing: None };
    config.data_sources.push(DataSourceConfig { name: "notes".into(), role_arn: None, kind });
    for field in ["note", "mine", "plain", "fails", "appends", "nothing"] {
        fetch(&mut config, "Query", field, FETCH.into());
    }
    fetch(&mut config, "Note", "author", FETCH.into());
    let evicting = |values: &str| {
        let call = format!("extensions.evictFromApiCache('Query', 'note', {values});");
        FETCH
            .replace("import { util }", "import { util, extensions }")
            .replace("return { method", &format!("{call} return {{ method"))
    };
    fetch(&mut config, "Mutation", "update", evicting("{ 'ctx.args.id': ctx.args.id }"));
    fetch(&mut config, "Mutation", "wrong", evicting("{ 'ctx.args.slug': ctx.args.id }"));
    fetch(&mut config, "Query", "evicts", evicting("{ 'ctx.args.id': '1' }"));
    config.cache = Some(CacheConfig { behavior, ttl_seconds: 60 });
    for resolver in &mut config.resolvers {
        let keys: &[&str] = match resolver.field_name.as_str() {
            "note" => &["$context.arguments.id"],
            "mine" => &["$context.identity.sub", "$context.arguments.id"],
            "plain" => continue,
            _ => &[],
        };
        resolver.caching = Some(CachingConfig { ttl_seconds: 10, keys: keys.iter().map(|&key| key.into()).collect() });
    }
    config
}

fn fetch(config: &mut ApiConfig, ty: &str, field: &str, code: String) {
    let mut resolver = harness::constant(&format!("{ty}.{field}"), "1");
    let source = Source { name: format!("{ty}.{field}.js"), code };
    resolver.kind = ResolverKind::Unit { data_source: "notes".into(), code: Some(source.into()) };
    config.resolvers.push(resolver);
}

fn full() -> Cached {
    Cached::new(CachingBehavior::FullRequest, |_, _| {})
}

fn per_resolver() -> Cached {
    Cached::new(CachingBehavior::PerResolver, |_, _| {})
}

fn operation_level() -> Cached {
    Cached::new(CachingBehavior::OperationLevel, |_, _| {})
}

#[tokio::test]
async fn without_a_cache_every_query_goes_to_the_data_source() {
    let api = Cached::new(CachingBehavior::FullRequest, |config, _| config.cache = None);
    assert_eq!(api.calls("{ note(id: 1) { id } }").await, 1);
    assert_eq!(api.calls("{ note(id: 1) { id } }").await, 2);
    assert!(!api.api.flush_cache());
}

#[tokio::test]
async fn full_request_caching_keeps_results_until_they_expire() {
    let api = full();
    assert_eq!(api.calls("{ plain(id: 1) { id } }").await, 1);
    assert_eq!(api.calls("{ other: plain(id: 1) { call } }").await, 1, "the selection is not part of the key");
    assert_eq!(api.calls("{ plain(id: 2) { id } }").await, 2);
    assert_eq!(api.calls("{ plain { id } }").await, 3);
    api.clock.advance_to(Timestamp(59_999));
    assert_eq!(api.calls("{ plain(id: 1) { id } }").await, 3);
    api.clock.advance_to(Timestamp(60_000));
    assert_eq!(api.calls("{ plain(id: 1) { id } }").await, 4);
    let answer = api.ask("{ plain(id: 1) { id call } }", &harness::identity("api-key")).await;
    assert_eq!(answer, json!({ "data": { "plain": { "id": "1", "call": 4 } } }));
}

#[tokio::test]
async fn callers_do_not_see_what_was_cached_for_others() {
    for api in [full(), per_resolver()] {
        for (identity, calls) in [("api-key", 1), ("iam", 2), ("pool", 3), ("pool:admins", 4), ("pool", 4), ("iam", 4)]
        {
            assert_eq!(api.calls_as("{ nothing { id } }", identity).await, calls, "{identity}");
        }
    }
}

#[tokio::test]
async fn what_is_below_an_object_is_cached_for_that_object() {
    let api = full();
    let query = "{ a: note(id: 1) { author { id } } b: note(id: 2) { author { id } } }";
    assert_eq!(api.calls(query).await, 4);
    assert_eq!(api.calls(query).await, 4);
}

#[tokio::test]
async fn per_resolver_caching_goes_by_each_resolvers_keys() {
    let api = per_resolver();
    assert_eq!(api.calls("{ note(id: 1) { id } }").await, 1);
    assert_eq!(api.calls_as("{ note(id: 1) { id } }", "iam").await, 1, "its keys leave the identity out");
    assert_eq!(api.calls_as("{ mine(id: 1) { id } }", "pool").await, 2);
    assert_eq!(api.calls_as("{ mine(id: 1) { id } }", "pool:admins").await, 2, "the same sub");
    assert_eq!(api.calls_as("{ mine(id: 1) { id } }", "api-key").await, 3);
    assert_eq!(api.calls("{ plain(id: 1) { id } }").await, 4);
    assert_eq!(api.calls("{ plain(id: 1) { id } }").await, 5, "it has no CachingConfig");
    api.clock.advance_to(Timestamp(10_000));
    assert_eq!(api.calls("{ note(id: 1) { id } }").await, 6, "the resolver's TTL, not the API's");
}

#[tokio::test]
async fn mutations_and_what_is_below_them_are_never_cached() {
    let api = full();
    assert_eq!(api.calls("mutation { wrong(id: 1) { author { id } } }").await, 2);
    assert_eq!(api.calls("mutation { wrong(id: 1) { author { id } } }").await, 4);
}

#[tokio::test]
async fn errors_are_not_cached_but_null_is() {
    let api = full();
    for (field, again) in [("fails", 2), ("appends", 4), ("nothing", 5)] {
        api.calls(&format!("{{ {field} {{ id }} }}")).await;
        assert_eq!(api.calls(&format!("{{ {field} {{ id }} }}")).await, again, "{field}");
    }
}

#[tokio::test]
async fn a_mutation_evicts_the_entry_that_it_names() {
    let api = per_resolver();
    api.calls("{ a: note(id: 1) { id } b: note(id: 2) { id } }").await;
    let caller = harness::identity("api-key");
    let answer = api.ask("mutation { update(id: 1) { id } }", &caller).await;
    assert_eq!(answer, json!({ "data": { "update": { "id": "1" } }, "extensions": { "apiCacheEntriesDeleted": 1 } }));
    assert_eq!(api.calls("{ note(id: 2) { id } }").await, 3);
    assert_eq!(api.calls("{ note(id: 1) { id } }").await, 4);
    let answer =
        api.ask("mutation { a: update(id: 1) { id } b: update(id: 2) { id } c: update(id: 3) { id } }", &caller);
    assert_eq!(answer.await["extensions"], json!({ "apiCacheEntriesDeleted": 2 }));
    let answer = api.ask("mutation { update(id: 1) { id } wrong(id: 1) { id } }", &caller).await;
    assert!(answer.get("extensions").is_none(), "nothing was there to delete: {answer}");
}

#[tokio::test]
async fn templates_evict_too_and_queries_do_not() {
    let api = Cached::new(CachingBehavior::PerResolver, |config, _| {
        let source = |code: &str| Source { name: "template.vtl".into(), code: code.into() };
        let mut resolver = harness::constant("Mutation.template", "1");
        let response = "#set($keys = {}) $util.qr($keys.put('context.arguments.id', $ctx.args.id))
            $extensions.evictFromApiCache('Query', 'note', $keys) null";
        let code =
            Templates { request: source(r#"{"version": "2018-05-29", "payload": null}"#), response: source(response) };
        resolver.kind = ResolverKind::Unit { data_source: "none".into(), code: Some(Code::Templates(code)) };
        config.resolvers.push(resolver);
    });
    api.calls("{ note(id: 1) { id } }").await;
    let caller = harness::identity("api-key");
    let answer = api.ask("{ evicts { id } }", &caller).await;
    assert!(answer.get("extensions").is_none(), "{answer}");
    assert_eq!(api.calls("{ note(id: 1) { id } }").await, 2);
    let answer = api.ask("mutation { template(id: 1) { id } }", &caller).await;
    assert_eq!(answer["extensions"], json!({ "apiCacheEntriesDeleted": 1 }), "{answer}");
}

#[tokio::test]
async fn many_who_miss_at_once_make_one_call() {
    let api = full();
    api.hold();
    let caller = harness::identity("api-key");
    let ask = || api.ask("{ a: note(id: 1) { call } b: note(id: 1) { call } }", &caller);
    let mut asking = Box::pin(futures::future::join(ask(), ask()));
    assert!((&mut asking).now_or_never().is_none());
    assert_eq!(api.so_far(), 1);
    api.answer(1);
    let (one, other) = asking.await;
    assert_eq!(one, json!({ "data": { "a": { "call": 1 }, "b": { "call": 1 } } }));
    assert_eq!(one, other);
}

#[tokio::test]
async fn who_waits_for_the_cache_keeps_no_batch_waiting() {
    let lambda = Scripted::new("lambda");
    let api = Cached::new(CachingBehavior::PerResolver, |config, deps| {
        deps.services.register(lambda.clone());
        let kind = DataSourceKind::Lambda { function_arn: "worker".into() };
        config.data_sources.push(DataSourceConfig { name: "worker".into(), role_arn: None, kind });
        config.resolvers.push(harness::constant("Query.notes", "[{ id: 1 }, { id: 1 }, { id: 2 }]"));
        config.resolvers.retain(|resolver| resolver.type_name != "Note");
        let batch = "export function request(ctx) { return { operation: 'BatchInvoke', payload: ctx.source.id } }
            export function response(ctx) { return { id: ctx.result } }";
        fetch(config, "Note", "author", batch.into());
        let author = config.resolvers.last_mut().expect("just added");
        author.caching = Some(CachingConfig { ttl_seconds: 10, keys: vec!["$context.source.id".into()] });
        if let ResolverKind::Unit { data_source, .. } = &mut author.kind {
            *data_source = "worker".into();
        }
    });
    lambda.expect(Call {
        operation: "Invoke".into(),
        input: Some(json!({ "FunctionName": "worker", "InvocationType": "RequestResponse", "Payload": [1, 2] })),
        answer: Ok(json!({ "StatusCode": 200, "Payload": ["one", "two"] })),
    });
    let caller = harness::identity("api-key");
    let asking = api.ask("{ notes { author { id } } }", &caller).now_or_never().expect("nothing waits for ever");
    let authors = asking["data"]["notes"].as_array().unwrap().iter().map(|note| note["author"]["id"].clone());
    assert_eq!(authors.collect::<Vec<_>>(), ["one", "one", "two"]);
}

#[tokio::test]
async fn those_who_wait_in_vain_try_themselves() {
    let api = full();
    api.hold();
    let caller = harness::identity("api-key");
    let mut first = Box::pin(api.ask("{ note(id: 1) { call } }", &caller));
    assert!((&mut first).now_or_never().is_none());
    let mut second = Box::pin(api.ask("{ note(id: 1) { call } }", &caller));
    assert!((&mut second).now_or_never().is_none());
    drop(first);
    api.answer(1);
    assert_eq!(second.await, json!({ "data": { "note": { "call": 2 } } }));
}

#[tokio::test]
async fn what_is_evicted_while_it_is_fetched_is_not_kept() {
    for flush in [false, true] {
        let api = per_resolver();
        api.hold();
        let caller = harness::identity("api-key");
        let mut asking = Box::pin(api.ask("{ note(id: 1) { call } }", &caller));
        assert!((&mut asking).now_or_never().is_none());
        if flush {
            assert!(api.api.flush_cache());
            api.answer(1);
        } else {
            let mut updating = Box::pin(api.ask("mutation { update(id: 1) { id } }", &caller));
            assert!((&mut updating).now_or_never().is_none());
            // The first call has waited longer, so it would be answered first: the mutation is to end before it.
            api.answer(2);
            updating.await;
        }
        asking.await;
        api.answer(10);
        let before = api.so_far();
        assert_eq!(api.calls("{ note(id: 1) { id } }").await, before + 1, "flush: {flush}");
    }
}

#[tokio::test]
async fn a_flush_forgets_everything() {
    for api in [full(), operation_level()] {
        api.calls("{ note(id: 1) { id } }").await;
        assert!(api.api.flush_cache());
        assert_eq!(api.calls("{ note(id: 1) { id } }").await, 2);
    }
}

#[tokio::test]
async fn a_cache_takes_no_more_than_its_capacity() {
    let api = Cached::new(CachingBehavior::FullRequest, |_, deps| deps.cache_bytes = 16 << 10);
    for id in 0..200 {
        api.calls(&format!("{{ note(id: {id}) {{ id }} }}")).await;
    }
    for id in 0..200 {
        api.calls(&format!("{{ note(id: {id}) {{ id }} }}")).await;
    }
    let (least, most) = (200 + 120, 400);
    assert!((least..most).contains(&api.so_far()), "some entries were kept, not all: {}", api.so_far());
}

#[tokio::test]
async fn operation_level_caching_keeps_whole_responses() {
    let api = operation_level();
    let query = "{ note(id: 1) { id author { id } } plain(id: 1) { id } }";
    assert_eq!(api.calls(query).await, 3);
    assert_eq!(api.calls(query).await, 3);
    assert_eq!(api.calls(&query.replace("id author", "id call author")).await, 6, "the query is part of the key");
    api.clock.advance_to(Timestamp(60_000));
    assert_eq!(api.calls(query).await, 9);
    for query in ["{ fails { id } }", "mutation { update(id: 1) { id } }"] {
        let first = api.calls(query).await;
        assert_eq!(api.calls(query).await, first + 1, "{query}");
    }
}

#[tokio::test]
async fn operations_are_cached_by_caller_and_headers() {
    let api = operation_level();
    let query = "{ note(id: 1) { id } }";
    let elsewhere = match harness::identity("pool") {
        Identity::UserPool(user) => {
            let mut user = (*user).clone();
            user.source_ip = vec!["10.0.0.1".into()];
            Identity::UserPool(Arc::new(user))
        }
        _ => unreachable!("asked for a user of a pool"),
    };
    let (key, pool, iam) = (harness::identity("api-key"), harness::identity("pool"), harness::identity("iam"));
    type Step<'a> = (&'a Identity, &'a [(&'a str, &'a str)], usize);
    let steps: [Step<'_>; 9] = [
        (&key, &[("x-api-key", "one")], 1),
        (&key, &[("x-api-key", "one"), ("x-amzn-trace-id", "Root=1")], 1),
        (&key, &[("X-Api-Key", "one"), ("Host", "elsewhere")], 1),
        (&key, &[("x-api-key", "two")], 2),
        (&pool, &[("authorization", "first token")], 3),
        (&pool, &[("authorization", "second token")], 3),
        (&elsewhere, &[], 3),
        (&pool, &[("accept-language", "nl")], 4),
        (&iam, &[], 5),
    ];
    for (identity, headers, calls) in steps {
        api.response(query, identity, headers).await;
        assert_eq!(api.so_far(), calls, "{headers:?}");
    }
    let refused = api.response(query, &harness::identity("iam:Query.plain"), &[]).await;
    assert_eq!(refused.status, 401, "a policy is asked before the cache is");
}

#[tokio::test]
async fn traces_tell_what_was_cached() {
    let query = "{ note(id: 1) { id } plain(id: 1) { id } }";
    for behavior in [CachingBehavior::PerResolver, CachingBehavior::OperationLevel] {
        let ring = Arc::new(Ring::new(10, 1 << 20));
        let api = Cached::new(behavior, |_, deps| deps.traces = Traces::new(vec![ring.clone()]));
        for (hit, cached) in [(false, [Some(false), None]), (true, [Some(true), None])] {
            api.calls(query).await;
            let trace = ring.newest(1, None, |_| true).pop().expect("a request");
            let fields: Vec<_> = trace.fields.iter().map(|field| field.cache_hit).collect();
            match behavior {
                CachingBehavior::OperationLevel => {
                    assert_eq!((trace.cache_hit, fields.len()), (Some(hit), if hit { 0 } else { 2 }));
                }
                _ => assert_eq!((trace.cache_hit, fields), (None, cached.to_vec())),
            }
        }
    }
}

#[tokio::test]
async fn wrong_settings_are_refused() {
    type Change = fn(&mut ApiConfig);
    let cases: [(Change, &str); 4] = [
        (
            |config| config.cache.as_mut().unwrap().ttl_seconds = 3_601,
            "test: the TTL of the cache has to be 1 to 3600 seconds",
        ),
        (
            |config| config.resolvers[0].caching.as_mut().unwrap().ttl_seconds = 0,
            "Query.note: the TTL of the resolver has to be 1 to 3600 seconds",
        ),
        (
            |config| config.resolvers[0].caching.as_mut().unwrap().keys = vec!["$context.arguments.id".into(); 26],
            "Query.note: the resolver has 26 caching keys, AppSync allows 25",
        ),
        (
            |config| config.resolvers[0].caching.as_mut().unwrap().keys = vec!["$context.stash.id".into()],
            "Query.note: '$context.stash.id' is no caching key: those are $context.arguments, $context.source, \
             $context.identity and members of them",
        ),
    ];
    for (change, expected) in cases {
        let mut config = config(CachingBehavior::PerResolver);
        change(&mut config);
        let Err(wrong) = Api::build(config, harness::deps(Directory::default())) else { panic!("{expected}") };
        assert_eq!(wrong[0].to_string(), expected);
    }
}
