//! TypeScript resolvers: types go, positions stay.

mod support;

use resolver::{CompileError, End, Handler, Language, Source, javascript::JavaScript};
use serde_json::json;
use support::context;

const RESOLVER: &str = "\
import { util, Context, type DynamoDBPutItemRequest } from '@aws-appsync/utils';
import type { Order } from './types';

interface Args { id: string; n?: number }
type Result = { a: Args[] } | null
declare const nothing: number;
const label: string = 'x' as const;

function first<T>(items: T[], fallback?: T): T | undefined
function first<T>(items: T[], fallback?: T): T | undefined {
  return items[0] ?? fallback!;
}

export function request(ctx: Context<Args>): DynamoDBPutItemRequest {
  const { id, n = 1 } = ctx.args as Args;
  const list = <number[]>[n, 2];
  let later!: string
  later = label satisfies string
  [1].forEach((x: number): void => { later = `${later}${x}`; });
  return { id, n: first<number>(list), later } as unknown as DynamoDBPutItemRequest;
}

export const response = (ctx: Context): Result => {
  return ctx.result.a.b.c as Result;
};
";

fn compile(code: &str) -> Result<std::sync::Arc<dyn resolver::Handlers>, CompileError> {
    JavaScript::default().compile(&Source { name: "order.ts".into(), code: code.into() })
}

#[test]
fn types_are_taken_out() {
    let handlers = compile(RESOLVER).unwrap_or_else(|error| panic!("{error}"));
    let mut context = context();
    context.arguments = json!({ "id": "a" }).as_object().unwrap().clone().into();
    assert_eq!(
        handlers.invoke(Handler::Request, &context).end,
        End::Returned(Some(json!({ "id": "a", "n": 1, "later": "x1" })))
    );
    context.result = Some(json!({ "a": {} }).into());
    let End::Raised(raised) = handlers.invoke(Handler::Response, &context).end else { panic!("no error") };
    assert!(raised.message.starts_with("order.ts:24:10: TypeError"), "{}", raised.message);
}

#[test]
fn what_types_alone_do_not_say_is_refused_with_its_place() {
    for (code, place) in [
        ("enum A { B }", "order.ts:1:1"),
        ("\nnamespace A { export const b = 1; }", "order.ts:2:1"),
        ("const a: = 1;", "order.ts:1:10"),
    ] {
        let Err(error) = compile(code) else { panic!("compiled {code}") };
        assert!(error.to_string().starts_with(place), "{error}");
    }
}
