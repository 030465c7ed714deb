//! JSONata's reference implementation inside QuickJS, with hard bounds of memory, stack and work.
//!
//! For expressions that [`super::cost`] cannot vouch for. The bounds are the runtime's own: whatever an expression does,
//! it ends with an error at one of them, and the runtime is thrown away. Work is counted, not timed, so that the same
//! expression over the same data always comes to the same end.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rquickjs::context::intrinsic;
use rquickjs::{Context, Ctx, Error, Function, Object, Runtime};

use super::functions::MAX_RANGE;
use super::{Failure, Query};
use crate::data::Data;
use crate::intrinsic::{hash_text, uuid};
use crate::scope::Random;

/// Heap of one runtime, the library included.
// AWS differs: its own bounds are not documented.
const MEMORY_BYTES: usize = 64 << 20;
/// Native stack: an expression's nesting uses it, its recursion does not.
const STACK_BYTES: usize = 512 << 10;
/// How often QuickJS may ask whether to go on: about every 10,000 calls and jumps.
const INTERRUPTIONS: u64 = 1_500;
/// The same, for loading the library.
const SETUP_INTERRUPTIONS: u64 = 100_000;

/// The reference implementation (see `reference/LICENSE`), in the version that Step Functions runs.
const LIBRARY: &str = include_str!("reference/jsonata.min.js");
const SURROUNDINGS: &str = include_str!("sandbox.js");

/// What contexts have: no `Proxy`, typed arrays or weak references.
type Intrinsics = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::MapSet,
    intrinsic::Promise,
);

thread_local! {
    /// This thread's runtime, made when an expression wants one first.
    static SANDBOX: RefCell<Option<Sandbox>> = const { RefCell::new(None) };
}

/// The value of an expression.
pub(super) fn evaluate(query: &Query<'_>) -> Result<Data, Failure> {
    SANDBOX.with_borrow_mut(|slot| {
        let sandbox = match slot.take() {
            Some(sandbox) => sandbox,
            None => Sandbox::new().map_err(|error| Failure::Threw(error.to_string()))?,
        };
        let (outcome, reusable) = sandbox.evaluate(query);
        *slot = reusable.then_some(sandbox);
        outcome
    })
}

struct Sandbox {
    runtime: Runtime,
    context: Context,
    /// What is left of the interruptions.
    fuel: Arc<AtomicU64>,
    /// Where the stream of random numbers is.
    seed: Arc<AtomicU64>,
}

impl Sandbox {
    fn new() -> Result<Self, Error> {
        let runtime = Runtime::new()?;
        runtime.set_memory_limit(MEMORY_BYTES);
        runtime.set_max_stack_size(STACK_BYTES);
        let fuel = Arc::new(AtomicU64::new(SETUP_INTERRUPTIONS));
        let watched = Arc::clone(&fuel);
        runtime.set_interrupt_handler(Some(Box::new(move || {
            let left = watched.load(Ordering::Relaxed);
            watched.store(left.saturating_sub(1), Ordering::Relaxed);
            left == 0
        })));
        let context = Context::custom::<Intrinsics>(&runtime)?;
        let seed = Arc::default();
        context.with(|ctx| install(&ctx, &seed))?;
        Ok(Self { runtime, context, fuel, seed })
    }

    /// The value, and whether the runtime is fit for another.
    fn evaluate(&self, query: &Query<'_>) -> (Result<Data, Failure>, bool) {
        self.fuel.store(INTERRUPTIONS, Ordering::Relaxed);
        self.seed.store(query.scope.random.next_u64(), Ordering::Relaxed);
        let settled = match self.run(query) {
            Ok(settled) => settled,
            Err(error) => Some((BROKE.to_owned(), error.to_string())),
        };
        let (kind, text) = settled.unwrap_or_else(|| (BROKE.to_owned(), String::new()));
        match kind.as_str() {
            "value" => (Data::parse(text).map_err(|error| Failure::Threw(error.to_string())), true),
            "nothing" => (Err(Failure::Nothing), true),
            "unsupported" => (Err(Failure::Unsupported), true),
            "threw" => (Err(Failure::Threw(text)), true),
            _ => (Err(Failure::Threw(self.limit(&text))), false),
        }
    }

    /// Kind and text of what came of it; nothing when the runtime stopped midway.
    fn run(&self, query: &Query<'_>) -> Result<Option<(String, String)>, Error> {
        let root = query.root.map(Data::text).unwrap_or_default();
        let variables = query.bindings();
        self.context.with(|ctx| {
            let start: Function<'_> = functions(&ctx)?.get("start")?;
            start.call::<_, ()>((query.source, &*root, variables, query.scope.now_millis as f64))
        })?;
        while let Ok(true) = self.runtime.execute_pending_job() {}
        self.context.with(|ctx| {
            let settled: Function<'_> = functions(&ctx)?.get("settled")?;
            let parts: Option<Vec<String>> = settled.call(())?;
            Ok(parts.and_then(|parts| <[String; 2]>::try_from(parts).ok()).map(|[kind, text]| (kind, text)))
        })
    }

    /// Which bound was hit, in our words: those of AWS are not recorded.
    fn limit(&self, text: &str) -> String {
        if self.fuel.load(Ordering::Relaxed) == 0 {
            "the expression ran for too long".to_owned()
        } else if text.contains("stack") {
            "the expression nests too deeply".to_owned()
        } else {
            format!("the expression used more than {MEMORY_BYTES} bytes of memory")
        }
    }
}

/// The kind of an end that was none of the expression's own.
const BROKE: &str = "broke";

fn functions<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>, Error> {
    ctx.globals().get("stepwell")
}

fn install(ctx: &Ctx<'_>, seed: &Arc<AtomicU64>) -> Result<(), Error> {
    let natives = natives(ctx, seed)?;
    let globals = ctx.globals();
    // The library looks for a browser's window, and takes its base64 functions from there.
    let window = Object::new(ctx.clone())?;
    window.set("btoa", Function::new(ctx.clone(), encode)?)?;
    window.set("atob", Function::new(ctx.clone(), decode)?)?;
    globals.set("window", window.clone())?;
    ctx.eval::<(), _>(LIBRARY)?;
    globals.set("jsonata", window.get::<_, Function<'_>>("jsonata")?)?;
    let surround: Function<'_> = ctx.eval(SURROUNDINGS)?;
    globals.set("stepwell", surround.call::<_, Object<'_>>((natives,))?)
}

fn natives<'js>(ctx: &Ctx<'js>, seed: &Arc<AtomicU64>) -> Result<Object<'js>, Error> {
    let natives = Object::new(ctx.clone())?;
    let (numbers, identifiers) = (Arc::clone(seed), Arc::clone(seed));
    natives.set("random", Function::new(ctx.clone(), move || next(&numbers).next_f64())?)?;
    natives.set("uuid", Function::new(ctx.clone(), move || uuid(&next(&identifiers)))?)?;
    natives.set("seeded", Function::new(ctx.clone(), |seed: f64| Random::new(seed.to_bits()).next_f64())?)?;
    let hash = |text: String, algorithm: String| hash_text(&text, &algorithm).ok();
    natives.set("hash", Function::new(ctx.clone(), hash)?)?;
    natives.set("longestRange", MAX_RANGE)?;
    Ok(natives)
}

/// The next part of the stream that `seed` begins.
fn next(seed: &AtomicU64) -> Random {
    let random = Random::new(seed.load(Ordering::Relaxed));
    seed.store(random.next_u64(), Ordering::Relaxed);
    random
}

/// `btoa` of Node.js's `Buffer`: the low byte of each character.
fn encode(text: String) -> String {
    STANDARD.encode(text.chars().map(|character| character as u32 as u8).collect::<Vec<u8>>())
}

fn decode(text: String) -> String {
    STANDARD.decode(text.trim_end()).unwrap_or_default().into_iter().map(char::from).collect()
}
