//! CPU time of a request and response handler pair: `cargo run --release -p stepwell-resolver --example throughput`.
//!
//! The pair is a typical one: `ctx` of about 1.25 KiB, a DynamoDB `put` request of about 1 KiB, a result of the same
//! size. One thread; the second line gives the parts.

use std::{sync::Arc, time::Instant};

use resolver::{
    Context, End, Handler, Handlers, Language, Limits, Source,
    javascript::{Dialect, JavaScript},
};
use serde_json::{Value, json};

const ROUNDS: u32 = 20_000;

const PAIR: &str = "
import { util } from '@aws-appsync/utils';
import { put } from '@aws-appsync/utils/dynamodb';

export function request(ctx) {
  const { input } = ctx.args;
  if (!ctx.identity?.username) {
    util.unauthorized();
  }
  const total = input.lines.reduce((sum, line) => sum + line.quantity * line.price, 0);
  const item = { ...input, total, owner: ctx.identity.username, createdAt: util.time.nowISO8601(), status: 'PLACED' };
  ctx.stash.total = total;
  return put({ key: { id: util.autoId() }, item, condition: { id: { attributeExists: false } } });
}

export function response(ctx) {
  const { error, result } = ctx;
  if (error) {
    util.error(error.message, error.type, result);
  }
  return { ...result, lines: result.lines.map((line) => ({ ...line, cost: line.quantity * line.price })) };
}
";

const EMPTY: &str = "export function request() {}\nexport function response() {}";

fn main() {
    let language = JavaScript::new(Dialect::Strict, Limits::default());
    let context = context();
    let pair = compile(&language, PAIR);
    let empty = compile(&language, EMPTY);
    let (request, response) = (measure(&pair, Handler::Request, &context), measure(&pair, Handler::Response, &context));
    println!("pair: {:.1} us CPU", request + response);
    let floor = measure(&empty, Handler::Request, &context);
    println!("request {request:.1}, response {response:.1}, an empty handler {floor:.1}");
}

fn compile(language: &JavaScript, code: &str) -> Arc<dyn Handlers> {
    let source = Source { name: "throughput.js".into(), code: code.into() };
    language.compile(&source).unwrap_or_else(|error| panic!("{error}"))
}

/// Microseconds of CPU for one call.
fn measure(handlers: &Arc<dyn Handlers>, handler: Handler, context: &Context) -> f64 {
    let first = handlers.invoke(handler, context);
    assert!(matches!(first.end, End::Returned(_)), "{:?}", first.end);
    let clock = CpuClock::start();
    for _ in 0..ROUNDS {
        std::hint::black_box(handlers.invoke(handler, context));
    }
    clock.microseconds() / f64::from(ROUNDS)
}

fn context() -> Context {
    let lines: Vec<Value> = (0..8)
        .map(|line| json!({ "sku": format!("SKU-{line:05}"), "quantity": line + 1, "price": 12.5, "note": "as shown" }))
        .collect();
    let input = json!({
        "customerId": "c-1029", "lines": lines, "currency": "EUR", "gift": false,
        "address": { "street": "1 Main Street", "city": "Berlin", "zip": "10115", "country": "DE" },
    });
    Context {
        arguments: Arc::new(json!({ "input": input }).as_object().cloned().unwrap_or_default()),
        identity: Arc::new(json!({ "username": "ada", "sub": "1b2c", "claims": { "email": "ada@example.com" } })),
        result: Some(Arc::new(input)),
        auth_type: "User Pool Authorization",
        now_millis: 1_700_000_000_000,
        ..Context::default()
    }
}

/// The CPU time of this thread where the system tells it, wall time elsewhere.
struct CpuClock {
    cpu: Option<f64>,
    wall: Instant,
}

impl CpuClock {
    #[expect(clippy::disallowed_methods, reason = "a benchmark")]
    fn start() -> Self {
        Self { cpu: thread_microseconds(), wall: Instant::now() }
    }

    fn microseconds(&self) -> f64 {
        match (self.cpu, thread_microseconds()) {
            (Some(start), Some(end)) => end - start,
            _ => self.wall.elapsed().as_secs_f64() * 1e6,
        }
    }
}

fn thread_microseconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e3)
}
